// Keys that are made anew each time, and what can be done with them, rightly or wrongly.

import { createHmac } from 'node:crypto';

import { SignJWT, exportJWK, exportPKCS8, exportSPKI, generateKeyPair } from 'jose';

const extractable = { extractable: true };

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export const createKeys = async () => {
  const [first, second, strange] = await Promise.all(
    ['first', 'second', 'strange'].map(() => generateKeyPair('RS256', extractable)),
  );
  const [elliptic, appleKey] = await Promise.all(
    ['elliptic', 'apple'].map(() => generateKeyPair('ES256', extractable)),
  );
  const jwk = async ({ privateKey }, kid, alg) => ({ ...(await exportJWK(privateKey)), kid, alg, use: 'sig' });
  const open = async ({ publicKey }, kid, alg) => ({ ...(await exportJWK(publicKey)), kid, alg, use: 'sig' });
  const publicPem = await exportSPKI(first.publicKey);

  const signed = (pair, kid, alg = 'RS256') => (claims) =>
    new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(pair.privateKey);
  const confused = (secret) => (claims) => {
    const text = `${encoded({ alg: 'HS256', kid: 'first' })}.${encoded(claims)}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };

  return {
    own: [await jwk(first, 'first', 'RS256'), await jwk(elliptic, 'elliptic', 'ES256')],
    // What is published before and after the keys were rotated.
    before: [await open(first, 'first', 'RS256')],
    after: [await open(first, 'first', 'RS256'), await open(second, 'second', 'RS256')],
    applePrivateKey: await exportPKCS8(appleKey.privateKey),
    applePublicKey: appleKey.publicKey,
    sign: {
      first: signed(first, 'first'),
      elliptic: signed(elliptic, 'elliptic', 'ES256'),
      second: signed(second, 'second'),
      // A key of somebody else under a name of ours.
      strange: signed(strange, 'first'),
      none: async (claims) => `${encoded({ alg: 'none', kid: 'first' })}.${encoded(claims)}.`,
      'hs256-public-key': async (claims) => confused(publicPem)(claims),
      'hs256-client-secret': async (claims) => confused('syncline-google-secret')(claims),
    },
  };
};
