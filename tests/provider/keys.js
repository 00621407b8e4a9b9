// Keys that are made anew each time, and what can be done with them, rightly or wrongly.

import { createHmac } from 'node:crypto';

import { SignJWT, exportJWK, exportPKCS8, exportSPKI, generateKeyPair } from 'jose';

const extractable = { extractable: true };

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

// Keys take a while to make, and most tests need none but the provider's own.
const once = (make) => {
  let made;
  return () => (made ??= make());
};

export const createKeys = async () => {
  const pair = (algorithm) => generateKeyPair(algorithm, extractable);
  const [first, elliptic, appleKey] = await Promise.all([pair('RS256'), pair('ES256'), pair('ES256')]);
  const second = once(() => pair('RS256'));
  const strange = once(() => pair('RS256'));

  const jwk = async (key, kid, alg) => ({ ...(await exportJWK(key)), kid, alg, use: 'sig' });
  const signed = (pairOf, kid, alg = 'RS256') => async (claims) => {
    const { privateKey } = await pairOf();
    return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
  };
  const confused = (secretOf) => async (claims) => {
    const text = `${encoded({ alg: 'HS256', kid: 'first' })}.${encoded(claims)}`;
    return `${text}.${createHmac('sha256', await secretOf()).update(text).digest('base64url')}`;
  };

  let isRotated = false;
  const sign = {
    first: signed(() => first, 'first'),
    elliptic: signed(() => elliptic, 'elliptic', 'ES256'),
    second: signed(second, 'second'),
    // Whichever the provider signs with at the moment.
    current: (claims) => (isRotated ? sign.second(claims) : sign.first(claims)),
    // A key of somebody else under a name of ours.
    strange: signed(strange, 'first'),
    none: async (claims) => `${encoded({ alg: 'none', kid: 'first' })}.${encoded(claims)}.`,
    'hs256-public-key': confused(() => exportSPKI(first.publicKey)),
    'hs256-client-secret': confused(() => 'syncline-google-secret'),
  };

  return {
    own: [await jwk(first.privateKey, 'first', 'RS256'), await jwk(elliptic.privateKey, 'elliptic', 'ES256')],
    rotate: () => {
      isRotated = true;
    },
    published: async () => [
      await jwk(first.publicKey, 'first', 'RS256'),
      ...(isRotated ? [await jwk((await second()).publicKey, 'second', 'RS256')] : []),
    ],
    applePrivateKey: await exportPKCS8(appleKey.privateKey),
    applePublicKey: appleKey.publicKey,
    sign,
  };
};
