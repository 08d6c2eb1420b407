// An OpenID provider that others wrote and that is certified. Usage: node provider.mjs PORT RESOURCE PAGE KEYS
// RESOURCE: what access tokens are made for; PAGE: where Drumbeat's own client comes back to; KEYS: a private JWKS.
import Provider from "oidc-provider";

const [port, resource, page, keys] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const scope = "drumbeat:read drumbeat:write drumbeat:destructive";
const code = { response_types: ["code"], grant_types: ["authorization_code"] };

const provider = new Provider(issuer, {
  jwks: JSON.parse(keys),
  cookies: { keys: ["of this test alone"] },
  scopes: ["openid", "offline_access", ...scope.split(" ")],
  clients: [{ client_id: "drumbeat", client_secret: "the page's secret", redirect_uris: [page], ...code }],
  pkce: { required: () => true },
  clientBasedCORS: () => false,
  features: {
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_, audience) => ({
        scope,
        audience,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "RS256" } },
      }),
    },
  },
});
provider.listen(Number(port), "127.0.0.1");
