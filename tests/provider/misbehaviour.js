// What a provider must not do, done on demand.
//
// GET  /rotating-jwks    the public keys; POST /rotate publishes one more, GET /fetches counts
// POST /sign?key=<key>   a token with the claims of the body, signed by that key
// POST /token?sign=<key>&claims=<JSON>   the ID token with other claims, signed by that key

import { decodeJwt } from 'jose';

const body = async (request) => {
  const chunks = [];
  for await (const chunk of request) {
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks));
};

export const misbehaviour = (provider, keys) => {
  let fetches = 0;
  provider.use(async (ctx, next) => {
    switch (ctx.path) {
      case '/rotating-jwks':
        fetches += 1;
        ctx.body = { keys: await keys.published() };
        return;
      case '/rotate':
        keys.rotate();
        ctx.body = {};
        return;
      case '/fetches':
        ctx.body = { fetches };
        return;
      case '/sign':
        ctx.body = { token: await keys.sign[ctx.query.key](await body(ctx.req)) };
        return;
    }
    await next();
    if (ctx.path === '/token' && ctx.query.sign && ctx.body.id_token) {
      const claims = { ...decodeJwt(ctx.body.id_token), ...JSON.parse(ctx.query.claims ?? '{}') };
      ctx.body.id_token = await keys.sign[ctx.query.sign](claims);
    }
  });
};
