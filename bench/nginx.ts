import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** An nginx with one worker that answers beside Basalt: the same bytes, from its configuration and from a file. */
export interface Nginx {
  readonly url: string;
  /** The worker, which does the work. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** What it serves. */
export interface NginxContent {
  /** `/return`: from the configuration, to those who send this `Authorization`; others get 401. */
  readonly text: string;
  readonly authorization: string;
  /** `/page.json`: from a file. */
  readonly page: Buffer;
  /** `/proxied`: from `/return` of this server, over connections that are kept. */
  readonly proxyTo?: string;
}

/** True where these programs are on the PATH; says which is missing. */
export async function haveTools(...names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    const found = await promisify(execFile)("sh", ["-c", `command -v ${name}`]).then(
      () => true,
      () => false,
    );
    if (!found) {
      console.log(`left out  | ${name} is not on the PATH`);
      return false;
    }
  }
  return true;
}

/** Starts an nginx without access log, as tuned as its documentation says for such answers. */
export async function startNginx({
  text,
  authorization,
  page,
  proxyTo,
}: NginxContent): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "basalt-nginx-"));
  const port = await freePort();
  await writeFile(join(folder, "page.json"), page);
  const quoted = text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("$", "${dollar}");
  // As root it would serve as another user, who may not read the folder.
  const user = process.getuid?.() === 0 ? "user root;" : "";
  const config = `
${user} daemon off; master_process on; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
events { worker_connections 8192; }
http {
  access_log off; keepalive_requests 100000000; sendfile on; tcp_nopush on; tcp_nodelay on; open_file_cache max=10;
  client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
  map_hash_bucket_size 256;
  geo $dollar { default "$"; }
  map $http_authorization $allowed { default 0; "${authorization}" 1; }
  ${proxyTo === undefined ? "" : `upstream behind { server ${new URL(proxyTo).host}; keepalive 128; keepalive_requests 100000000; }`}
  server {
    listen 127.0.0.1:${port};
    default_type application/json;
    location = /return { if ($allowed = 0) { return 401; } return 200 '${quoted}'; }
    ${proxyTo === undefined ? "" : proxied}
    location = /page.json { root ${folder}; }
  }
}`;
  const file = join(folder, "nginx.conf");
  await writeFile(file, config);
  const child = spawn("nginx", ["-c", file, "-p", folder], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  await answering(`${url}/page.json`, child);
  const { stdout } = await promisify(execFile)("pgrep", ["-P", String(child.pid)]);
  return {
    url,
    pid: Number(stdout.trim().split("\n")[0]),
    stop: async () => {
      const ended = new Promise((resolve) => {
        child.once("exit", resolve);
      });
      child.kill("SIGQUIT");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What Basalt tells an upstream as well. */
const proxied = `location = /proxied {
      proxy_pass http://behind/return; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $host; proxy_set_header X-Request-Id $request_id;
    }`;

async function answering(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) {
      return;
    }
    if (child.exitCode !== null) {
      throw new Error("nginx did not start");
    }
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
  }
  throw new Error("nginx does not answer");
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return typeof address === "object" && address !== null ? address.port : 0;
}
