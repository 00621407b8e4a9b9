// The ways of Apple: secrets are signed, answers are forms, and a name is told once.

import { jwtVerify } from 'jose';

const NAME = { name: { firstName: 'Ada', lastName: 'Lovelace' }, email: 'ada@example.org' };

export const apple = (provider, keys) => {
  const { compareClientSecret } = provider.Client.prototype;
  provider.Client.prototype.compareClientSecret = async function compare(secret) {
    if (this.clientId !== 'syncline-apple') {
      return compareClientSecret.call(this, secret);
    }
    const expected = {
      issuer: 'TEAM',
      subject: 'syncline-apple',
      audience: provider.issuer,
      algorithms: ['ES256'],
      maxTokenAge: '10m',
      requiredClaims: ['exp'],
    };
    return jwtVerify(secret, keys.applePublicKey, expected).then(
      ({ protectedHeader }) => protectedHeader.kid === 'KEY',
      () => false,
    );
  };

  const known = new Set();
  provider.use(async (ctx, next) => {
    if (ctx.path === '/apple-key') {
      ctx.body = keys.applePrivateKey;
      return;
    }
    await next();
    const { client, session } = ctx.oidc ?? {};
    const isForm = typeof ctx.body === 'string' && ctx.body.includes('</form>');
    if (client?.clientId === 'syncline-apple' && isForm && !known.has(session.accountId)) {
      known.add(session.accountId);
      const user = JSON.stringify(NAME).replaceAll('"', '&quot;');
      ctx.body = ctx.body.replace('</form>', `<input type="hidden" name="user" value="${user}"/></form>`);
    }
  });
};
