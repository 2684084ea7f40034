import { COMMENT_MAX_CHARACTERS } from "@basalt/contract";
import { isId } from "#kernel";
import type { CommentLine, RecordLine } from "./format.ts";
import { badBaseFile } from "./problems.ts";
import type { Line } from "./read-lines.ts";

const recordKeys: ReadonlySet<string> = new Set([
  "id",
  "number",
  "createdTime",
  "createdBy",
  "modifiedTime",
  "modifiedBy",
  "cells",
  "changed",
]);
const commentKeys: ReadonlySet<string> = new Set([
  "id",
  "tableId",
  "recordId",
  "parentId",
  "authorId",
  "text",
  "mentioned",
  "createdTime",
  "updatedTime",
]);

/** The line as a record without its cells checked. Problem: `records.bad-base-file`. */
export function recordLine(entry: string, { at, value }: Line): RecordLine {
  const line = value as Partial<Record<keyof RecordLine, unknown>>;
  const right =
    Object.keys(value).every((key) => recordKeys.has(key)) &&
    isId("rec", line.id) &&
    Number.isSafeInteger(line.number) &&
    isStamp(line.createdTime) &&
    isStamp(line.modifiedTime) &&
    isAbsentOr(isUser, line.createdBy) &&
    isAbsentOr(isUser, line.modifiedBy) &&
    isObject(line.cells) &&
    isAbsentOr(areChanges, line.changed);
  if (!right) {
    throw badBaseFile(entry, `has no proper record in line ${at}`);
  }
  return value as unknown as RecordLine;
}

/** The line as a comment. Problem: `records.bad-base-file`. */
export function commentLine(entry: string, { at, value }: Line): CommentLine {
  const line = value as Partial<Record<keyof CommentLine, unknown>>;
  const right =
    Object.keys(value).every((key) => commentKeys.has(key)) &&
    isId("com", line.id) &&
    isId("tbl", line.tableId) &&
    isId("rec", line.recordId) &&
    isAbsentOr((id) => isId("com", id), line.parentId) &&
    isUser(line.authorId) &&
    typeof line.text === "string" &&
    line.text.length <= 2 * COMMENT_MAX_CHARACTERS &&
    isObject(line.mentioned) &&
    Object.values(line.mentioned).every(isObject) &&
    isStamp(line.createdTime) &&
    isAbsentOr(isStamp, line.updatedTime);
  if (!right) {
    throw badBaseFile(entry, `has no proper comment in line ${at}`);
  }
  return value as unknown as CommentLine;
}

function isStamp(value: unknown): value is string {
  return (
    typeof value === "string" &&
    /^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/.test(value)
  );
}

/** `{fld…: {at, by}}`, `by` absent where the program itself acted. */
function areChanges(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.entries(value).every(
      ([id, change]) =>
        isId("fld", id) &&
        isObject(change) &&
        Object.keys(change).every((key) => key === "at" || key === "by") &&
        isInstant(change["at"]) &&
        isAbsentOr(isUser, change["by"]),
    )
  );
}

/** Milliseconds since 1970 that a date can have. */
function isInstant(value: unknown): boolean {
  return typeof value === "number" && Number.isInteger(value) && Math.abs(value) <= 8.64e15;
}

function isUser(value: unknown): boolean {
  return isId("usr", value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isAbsentOr(check: (value: unknown) => boolean, value: unknown): boolean {
  return value === undefined || check(value);
}
