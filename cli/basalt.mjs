#!/usr/bin/env node
// Plain JavaScript that Node 20 accepts: hands over to the project's own Node, which runs TypeScript as it is.
import { handOver } from "../bootstrap.mjs";

await handOver(process.argv.slice(2));
