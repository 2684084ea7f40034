/**
 * What one screen of the web app needs, in one answer: it asks the modules below for their parts, under the caller's own
 * rights, and puts them together. It owns nothing and decides nothing.
 */
export { webBffRoutes } from "./routes.ts";
