// Who signs in, without being asked.

const NAMES = { ada: 'Ada Lovelace', bob: 'Bob' };

export const account = (ctx, id) => ({
  accountId: id,
  claims: () => {
    const isApple = ctx.oidc.client.clientId === 'syncline-apple';
    return {
      sub: id,
      // Apple tells it in its form, and writes truth as a text.
      name: isApple ? undefined : (NAMES[id] ?? id),
      email: `${id}@example.org`,
      email_verified: isApple ? 'true' : id !== 'bob',
    };
  },
});

export const people = (provider) => {
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) {
      return next();
    }
    const { params, prompt } = await provider.interactionDetails(ctx.req, ctx.res);
    if (params.login_hint === 'nobody') {
      return provider.interactionFinished(ctx.req, ctx.res, { error: 'access_denied' });
    }
    const accountId = params.login_hint ?? 'ada';
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const result = { login: { accountId }, consent: { grantId: await grant.save() } };
    if (prompt.name === 'consent') {
      delete result.login;
    }
    return provider.interactionFinished(ctx.req, ctx.res, result);
  });
};
