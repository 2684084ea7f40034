import { registerHooks } from "node:module";

// Loaded before the program (`--import`). Node looks at the disk several times for each import to find out what it means; ours
// say it in full: `./x.ts`, and `#module` for a module's entry. Not looking takes a fifth off the time of a start.
const root = new URL("../", import.meta.url).href;
const server = `${root}server/`;
const packages = `${root}node_modules/`;

registerHooks({
  resolve: (specifier, context, next) => {
    const { parentURL = "" } = context;
    if (parentURL.startsWith(root) && !parentURL.startsWith(packages)) {
      const url = fileOf(specifier, parentURL);
      if (url !== undefined) {
        return { url, format: "module-typescript", shortCircuit: true };
      }
    }
    return next(specifier, context);
  },
});

function fileOf(specifier: string, parentURL: string): string | undefined {
  if (/^\.\.?\/.*\.ts$/.test(specifier)) {
    return new URL(specifier, parentURL).href;
  }
  return parentURL.startsWith(server) && /^#[a-z-]+$/.test(specifier)
    ? `${server}${specifier.slice(1)}/index.ts`
    : undefined;
}
