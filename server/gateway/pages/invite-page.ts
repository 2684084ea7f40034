import { escapeHtml, htmlPage } from "./html.ts";

/**
 * `/invite`: where the link of an invitation leads. Its token stands after the `#`, which browsers send to nobody, so the
 * page tells what to do with it.
 */
export function invitePage(publicUrl: string): Response {
  const url = escapeHtml(publicUrl);
  return htmlPage(
    "Invitation",
    `<header>
<h1>You have been invited</h1>
<p class="soft">to a workspace or a base on this Basalt.</p>
</header>
<p>The address of this page ends with your token: what stands after the <code>#</code>. It is for you alone.</p>
<p>See what it invites to:</p>
<pre>curl -s ${url}/api/v1/invitations/look \\
  -H 'content-type: application/json' \\
  -d '{"token":"the token"}'</pre>
<p>No account yet? If the invitation names your e-mail address, this makes an account with that address and accepts:</p>
<pre>curl -s ${url}/api/v1/invitations/register \\
  -H 'content-type: application/json' \\
  -d '{"token":"the token","name":"Your Name","password":"a new password"}'</pre>
<p>You can sign in from then on. With an account, accept by its session or its key:</p>
<pre>TOKEN=$(curl -s ${url}/api/v1/login \\
  -H 'content-type: application/json' \\
  -d '{"email":"you@example.com","password":"your password"}' \\
  | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')
curl -s ${url}/api/v1/invitations/accept \\
  -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -d '{"token":"the token"}'</pre>
<p class="soft">More in the <a href="/docs">API reference</a>.</p>`,
  );
}
