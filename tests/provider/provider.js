// A real OpenID provider on a free port of this machine. It prints its address, and ends when its
// standard input does, so that it never outlives the test that started it.
//
// People sign in without being asked: as `login_hint`, or else as Ada.

import { createServer } from 'node:http';

import Provider from 'oidc-provider';

import { apple } from './apple.js';
import { configuration } from './configuration.js';
import { github } from './github.js';
import { createKeys } from './keys.js';
import { misbehaviour } from './misbehaviour.js';
import { people } from './people.js';

const keys = await createKeys();
const server = createServer((request, response) => callback(request, response));
let callback;

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, configuration(keys));
  for (const part of [people, github, apple, misbehaviour]) {
    part(provider, keys);
  }
  callback = provider.callback();
  console.log(`listening on ${issuer}`);
});

process.stdin.on('end', () => process.exit()).resume();
