/** The whole environment of PostgreSQL's programs: nothing of ours, above all no secret, and messages in English. */
export const bareEnvironment: Readonly<Record<string, string>> = {
  PATH: "/usr/bin:/bin",
  LC_ALL: "C",
  TZ: "UTC",
};
