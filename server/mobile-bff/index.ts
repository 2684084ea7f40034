/**
 * What the phone needs: the same as the web, smaller, and a copy of tables that is kept up to date over a bad connection. It
 * reads through the modules below under the caller's own rights and keeps nothing: the client's cursor says all.
 */
export { mobileBffRoutes } from "./routes.ts";
