import {
  listApiKeys,
  listSessions,
  ownProfile,
  requireSession,
  showApiKey,
  showMe,
  showSession,
} from "#identity";
import type { Scope } from "#kernel";

/** What the screen of one's own account shows: who one is, where one is signed in, which keys there are. */
export interface SettingsScreen {
  readonly me: ReturnType<typeof showMe>;
  readonly sessions: readonly ReturnType<typeof showSession>[];
  readonly keys: readonly ReturnType<typeof showApiKey>[];
}

/** Problems: `kernel.not-signed-in`, `identity.session-required`. */
export async function settingsScreen(scope: Scope): Promise<SettingsScreen> {
  const actor = requireSession(scope);
  const [user, sessions, keys] = await Promise.all([
    ownProfile(scope),
    listSessions(scope),
    listApiKeys(scope),
  ]);
  return {
    me: showMe(user, actor),
    sessions: sessions.map(showSession),
    keys: keys.map(showApiKey),
  };
}
