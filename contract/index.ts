/**
 * What server, web app, command line and outside programs agree on: wire shapes, limits and the list of operations.
 * No I/O and no business rule: a schema here says what is well-formed, a module says what is allowed.
 */
export { airtableErrorBody, problemBody, type Method, type Operation } from "./operation.ts";
