import ipaddr from "ipaddr.js";
import {
  type Environment,
  type Found,
  findSetting,
  type Setting,
  type SettingName,
  settings,
} from "./settings.ts";
import { StartError } from "./start-error.ts";

/** A setting has a value that it cannot have. The message names the variable and the rule, and no secret value. */
export class ConfigError extends StartError {
  /** The variable. */
  readonly setting: string;

  constructor(setting: string, message: string) {
    super(message);
    this.name = "ConfigError";
    this.setting = setting;
  }
}

/** Reads settings by kind; each reader answers the default when the setting is not set, and throws `ConfigError`. */
export class SettingValues {
  readonly #env: Environment;

  constructor(env: Environment) {
    this.#env = env;
  }

  text(name: SettingName): string | null {
    return this.#find(name)?.text ?? null;
  }

  /** `1`, `true`, `yes`, `on` and their opposites. */
  flag(name: SettingName, otherwise: boolean): boolean {
    const found = this.#find(name);
    const text = found?.text.toLowerCase();
    if (found && !["1", "true", "yes", "on", "0", "false", "no", "off"].includes(text ?? "")) {
      throw this.wrong(name, "must be 1 or 0");
    }
    return found ? ["1", "true", "yes", "on"].includes(text ?? "") : otherwise;
  }

  whole(
    name: SettingName,
    [otherwise, low, high]: readonly [otherwise: number, low: number, high: number],
  ): number {
    const found = this.#find(name);
    const value = Number(found?.text);
    if (found && (!/^\d+$/.test(found.text) || value < low || value > high)) {
      throw this.wrong(name, `must be a whole number from ${low} to ${high}`);
    }
    return found ? value : otherwise;
  }

  choice<const T extends string>(name: SettingName, otherwise: T, choices: readonly T[]): T {
    const found = this.#find(name);
    const value = choices.find((choice) => choice === found?.text.toLowerCase());
    if (found && value === undefined) {
      throw this.wrong(name, `must be one of ${choices.join(", ")}`);
    }
    return value ?? otherwise;
  }

  /** Parts between commas, each of them a choice; at least one. */
  choices<const T extends string>(name: SettingName, all: readonly T[]): ReadonlySet<T> {
    const parts = this.#parts(name);
    const known = all.filter((choice) => parts.includes(choice));
    const strange = parts.find((part) => !known.some((choice) => choice === part));
    if (strange !== undefined || (this.#find(name) && known.length === 0)) {
      throw this.wrong(name, `must be a list of ${all.join(", ")} with commas between`);
    }
    return new Set(known.length > 0 ? known : all);
  }

  /** A URL of one of these schemes, as it was written. */
  url(name: SettingName, schemes: readonly string[]): string | null {
    const found = this.#find(name);
    if (!found) {
      return null;
    }
    const parsed = URL.canParse(found.text) ? new URL(found.text) : undefined;
    if (
      !parsed ||
      !schemes.includes(parsed.protocol) ||
      (parsed.hostname === "" && !parsed.searchParams.has("host"))
    ) {
      const shown = schemes.map((scheme) => `${scheme}//`).join(" or ");
      throw this.wrong(name, `must be a URL that starts with ${shown} and names a host`);
    }
    return found.text;
  }

  /** Addresses and CIDR ranges between commas, and host names (`*.` in front for all below) where `names` is true. */
  hosts(name: SettingName, { names }: { readonly names: boolean }): readonly string[] {
    const parts = this.#parts(name);
    const strange = parts.find((part) => !isRange(part) && !(names && isHostName(part)));
    if (strange !== undefined) {
      const kinds = names ? "host names, addresses and CIDR ranges" : "addresses and CIDR ranges";
      throw this.wrong(
        name,
        `must be a list of ${kinds} with commas between, and one part is ${JSON.stringify(strange)}`,
      );
    }
    return parts;
  }

  /** An address or a host name to listen on. */
  host(name: SettingName, otherwise: string): string {
    const found = this.#find(name);
    if (found && !isAddress(found.text) && !isHostName(found.text)) {
      throw this.wrong(name, "must be an IP address or a host name, without a port");
    }
    return found?.text ?? otherwise;
  }

  /** The error for a rule that the setting breaks; shows the value unless it is a secret. */
  wrong(name: SettingName, rule: string): ConfigError {
    const found = this.#find(name);
    const from = found?.from ?? name;
    const secret = settings.find((setting: Setting) => setting.name === name && setting.secret);
    const shown = !found || secret ? "" : `, not ${JSON.stringify(shorten(found.text))}`;
    return new ConfigError(from, `${from} ${rule}${shown}.`);
  }

  #find(name: SettingName): Found | undefined {
    return findSetting(this.#env, name);
  }

  #parts(name: SettingName): readonly string[] {
    return (this.#find(name)?.text ?? "")
      .split(",")
      .map((part) => part.trim().toLowerCase())
      .filter((part) => part !== "");
  }
}

function isHostName(text: string): boolean {
  return (
    /^(\*\.)?(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/i.test(text) && !/^[\d.]+$/.test(text)
  );
}

function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

function isRange(text: string): boolean {
  const [address = ""] = text.split("/");
  return isAddress(address) && (address === text || ipaddr.isValidCIDR(text));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
