// The ways of GitHub: no ID token, a user API, and errors with status 200.

const ID_OF = { ada: 1815, bob: 1816 };

const person = async (provider, ctx) => {
  const token = await provider.AccessToken.find(ctx.get('authorization').replace('Bearer ', ''));
  if (!token) {
    ctx.throw(401);
  }
  return token.accountId;
};

export const github = (provider) => {
  provider.use(async (ctx, next) => {
    if (ctx.path === '/user') {
      const login = await person(provider, ctx);
      ctx.body = { id: ID_OF[login] ?? login.length, login, name: null };
    } else if (ctx.path === '/user/emails') {
      const login = await person(provider, ctx);
      ctx.body = [
        { email: `${login}@old.example.org`, primary: false, verified: true },
        { email: `${login}@example.org`, primary: true, verified: login !== 'bob' },
      ];
    } else {
      await next();
      if (ctx.path === '/token' && ctx.oidc?.client?.clientId === 'syncline-github' && ctx.status === 400) {
        ctx.status = 200;
        ctx.body = { error: 'bad_verification_code' };
      }
    }
  });
};
