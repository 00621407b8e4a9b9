// What an operator registers at each of the four providers.

import { account } from './people.js';

const client = (name, provider, more) => ({
  client_id: name,
  client_secret: `${name}-secret`,
  application_type: 'native', // any port of this machine may be called back
  token_endpoint_auth_method: 'client_secret_post',
  redirect_uris: [`http://127.0.0.1/auth/${provider}/callback`],
  ...more,
});

export const configuration = (keys) => ({
  clients: [
    client('syncline-google', 'google'),
    client('syncline-microsoft', 'microsoft', { id_token_signed_response_alg: 'ES256' }),
    client('syncline-github', 'github'),
    client('syncline-apple', 'apple'),
    // Of `syncline demo login`, which signs in under two names.
    client('syncline-demo', 'google', {
      redirect_uris: ['google', 'microsoft'].map((name) => `http://127.0.0.1/auth/${name}/callback`),
    }),
  ],
  jwks: { keys: keys.own },
  scopes: ['openid', 'name', 'read:user', 'user:email'],
  claims: { profile: ['name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false, // claims stand in the ID token, as the four have them
  cookies: { keys: ['of tests alone'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  findAccount: account,
});
