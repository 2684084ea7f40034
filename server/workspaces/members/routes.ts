import { memberChange, newGrant, newInvitation, newMember, placesPage } from "@basalt/contract";
import { Hono } from "hono";
import { parseWith, readJson, type HttpEnv } from "#kernel";
import type { Place } from "../access/access.ts";
import { listGrants, makeGrant } from "../grants/grants.ts";
import { listInvitations, makeInvitation } from "../invitations/invite.ts";
import { shownInvitation, shownMadeInvitation } from "../invitations/routes.ts";
import { pageOf, pageQuery } from "../places/page.ts";
import { addMember, changeMember, listMembers, removeMember } from "./members.ts";

/** Reads the place out of the parameters of the path. */
type PlaceOf = (parameter: (name: string) => string) => Place;

/** Members, invitations and grants, which are the same on a workspace and on a base. */
export function memberRoutes(placeFrom: PlaceOf): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const place = (c: { readonly req: { param(name: string): string | undefined } }): Place =>
    placeFrom((name) => c.req.param(name) ?? "");

  app.get("/members", async (c) => {
    const { after, limit } = parseWith(placesPage, pageQuery(c.req.url));
    const rows = await listMembers(c.get("scope"), place(c), { after, limit: limit + 1 });
    return c.json(pageOf(rows, limit, ({ userId }) => userId));
  });
  app.post("/members", async (c) => {
    const body = parseWith(newMember, await readJson(c.req.raw));
    return c.json(await addMember(c.get("scope"), place(c), body), 201);
  });
  app.patch("/members/:userId", async (c) => {
    const { role } = parseWith(memberChange, await readJson(c.req.raw));
    return c.json(
      await changeMember(c.get("scope"), place(c), { userId: c.req.param("userId"), role }),
    );
  });
  app.delete("/members/:userId", async (c) => {
    await removeMember(c.get("scope"), place(c), c.req.param("userId"));
    return c.body(null, 204);
  });

  app.get("/invitations", async (c) => {
    const scope = c.get("scope");
    const { after, limit } = parseWith(placesPage, pageQuery(c.req.url));
    const rows = await listInvitations(scope, place(c), { after, limit: limit + 1 });
    const { items, ...more } = pageOf(rows, limit, ({ id }) => id);
    return c.json({ items: items.map((row) => shownInvitation(row, scope.now())), ...more });
  });
  app.post("/invitations", async (c) => {
    const scope = c.get("scope");
    const body = parseWith(newInvitation, await readJson(c.req.raw));
    return c.json(
      shownMadeInvitation(await makeInvitation(scope, place(c), body), scope.now()),
      201,
    );
  });

  app.get("/grants", async (c) => {
    const { after, limit } = parseWith(placesPage, pageQuery(c.req.url));
    const rows = await listGrants(c.get("scope"), place(c), { after, limit: limit + 1 });
    return c.json(pageOf(rows, limit, ({ id }) => id));
  });
  app.post("/grants", async (c) => {
    const { expiresAt, ...body } = parseWith(newGrant, await readJson(c.req.raw));
    const end = expiresAt === undefined || expiresAt === null ? null : new Date(expiresAt);
    return c.json(await makeGrant(c.get("scope"), place(c), { ...body, expiresAt: end }), 201);
  });
  return app;
}
