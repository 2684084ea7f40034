import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  cleanFilename,
  contentDisposition,
  FILENAME_MAX_BYTES,
  suggestedFilename,
} from "./filenames.ts";

describe("a file name", () => {
  it.each([
    ["report.pdf", "report.pdf"],
    ["Ünïcödé 文件 📎.png", "Ünïcödé 文件 📎.png"],
    ["../../etc/passwd", "passwd"],
    ["..\\..\\boot.ini", "boot.ini"],
    ["/etc/passwd", "passwd"],
    ["C:\\fakepath\\photo.jpg", "photo.jpg"],
    ["a/../b.png", "b.png"],
    ["Invoice 3/2026.pdf", "Invoice 3_2026.pdf"],
    ["nul\0byte.png", "nulbyte.png"],
    ["line\r\nbreak\t.txt", "linebreak.txt"],
    ["photo\u{202e}gpj.exe", "photogpj.exe"],
    ["\u{2066}mark\u{2069}\u{200f}.txt", "mark.txt"],
    ["  spaces  ", "spaces"],
    ["cafe\u0301.txt", "café.txt"],
    ["lone\ud800.txt", "lone\ufffd.txt"],
    ['quote".txt', 'quote".txt'],
    [".htaccess", ".htaccess"],
    ["", "attachment"],
    [".", "attachment"],
    ["..", "attachment"],
    ["../", "attachment"],
    ["\0", "attachment"],
    ["dir/..", "dir_.."],
  ])("%j is kept as %j", (given, kept) => {
    expect(cleanFilename(given)).toBe(kept);
  });

  it("of any length keeps its ending and fits a file system", () => {
    for (const name of [
      `${"a".repeat(300)}.pdf`,
      `${"文".repeat(300)}.pdf`,
      `${"👩‍👩‍👧".repeat(100)}.pdf`,
    ]) {
      const kept = cleanFilename(name);
      expect(Buffer.byteLength(kept)).toBeLessThanOrEqual(FILENAME_MAX_BYTES);
      expect(kept.endsWith(".pdf")).toBe(true);
      expect(kept.isWellFormed()).toBe(true);
    }
    expect(cleanFilename(`a.${"b".repeat(300)}`)).toHaveLength(FILENAME_MAX_BYTES);
    expect(cleanFilename(`e${"\u0301".repeat(100_000)}.txt`)).toBe(".txt");
  });

  it("stays the same when it is cleaned again", () => {
    for (const name of ["../a/b", "x".repeat(400), "a\u{202e}b", " .. ", "a\u0000/b"]) {
      expect(cleanFilename(cleanFilename(name))).toBe(cleanFilename(name));
    }
  });
});

describe("any text", () => {
  it("becomes a name that is short, whole, without folders, and the same when cleaned again", () => {
    const parts = fc.constantFrom(
      "..",
      "/",
      "\\",
      "\0",
      "\u202e",
      "\ud83d",
      "👩‍👩‍👧",
      ".",
      " ",
      "C:\\",
      "é",
      "\r\n",
      "%2f",
    );
    const text = fc.array(fc.oneof(fc.string({ unit: "binary" }), parts), { maxLength: 60 });
    fc.assert(
      fc.property(text, (pieces) => {
        const name = cleanFilename(pieces.join(""));
        expect(name).not.toMatch(/[/\\\p{Cc}\u202a-\u202e]|^\.*$/u);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(FILENAME_MAX_BYTES);
        expect(name.isWellFormed()).toBe(true);
        expect(cleanFilename(name)).toBe(name);
        expect(
          () => new Headers({ "content-disposition": contentDisposition("inline", name) }),
        ).not.toThrow();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a suggested name", () => {
  it.each([
    ["https://a.example/files/photo.jpg?x=1#y", undefined, "", "photo.jpg"],
    ["https://a.example/files/my%20photo.jpg", undefined, "", "my photo.jpg"],
    ["https://a.example/%2e%2e%2fetc%2fpasswd", undefined, "", "passwd"],
    ["https://a.example/100%.txt", undefined, "", "100%.txt"],
    ["https://a.example/download?id=7", 'attachment; filename="report.pdf"', "", "report.pdf"],
    ["https://a.example/x.bin", 'attachment; filename="report.pdf"', "", "x.bin"],
    ["https://a.example/", "attachment; filename=plain.txt", "", "plain.txt"],
    [
      "https://a.example/",
      "attachment; filename=a.txt; filename*=UTF-8''%E2%82%AC.txt",
      "",
      "€.txt",
    ],
    ["https://a.example/", 'attachment; filename="../../x.sh"', "", "x.sh"],
    ["https://a.example/", 'attachment; filename="a\\"b.txt"', "", 'a_"b.txt'.replace("_", "")],
    ["https://a.example/", "attachment; filename*=UTF-8''%ZZ", "", "%ZZ"],
    ["https://a.example/", "attachment", "image/png", "a.png"],
    ["https://a.example/", undefined, "application/x-strange", "a"],
    ["https://a.example/download", undefined, "image/png", "download"],
  ])("of %s with %j is right", (url, disposition, type, expected) => {
    expect(suggestedFilename({ url: new URL(url), disposition, type })).toBe(expected);
  });
});

describe("Content-Disposition", () => {
  it.each([
    ["a.pdf", `inline; filename="a.pdf"; filename*=UTF-8''a.pdf`],
    ['q"\\.pdf', `inline; filename="q__.pdf"; filename*=UTF-8''q%22%5C.pdf`],
    ["€ 📎.pdf", `inline; filename="_ __.pdf"; filename*=UTF-8''%E2%82%AC%20%F0%9F%93%8E.pdf`],
    ["it's (1)*.pdf", `inline; filename="it's (1)*.pdf"; filename*=UTF-8''it%27s%20%281%29%2A.pdf`],
    ["100%41.pdf", `inline; filename="100_41.pdf"; filename*=UTF-8''100%2541.pdf`],
  ])("carries %j", (filename, header) => {
    expect(contentDisposition("inline", filename)).toBe(header);
    expect(() => new Headers({ "content-disposition": header })).not.toThrow();
  });
});
