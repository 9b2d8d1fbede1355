// A server with the demo in it, more delegations, and who talks to it.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const meeting = 'meetings/wgtip-demo';

// start runs `placard demo` and answers where it listens, its keys and how to
// stop it.
export async function start(binary) {
  const folder = await mkdtemp(join(tmpdir(), 'placard-browser-'));
  const file = join(folder, 'keys.json');
  const server = spawn(binary, ['demo', '--dir', join(folder, 'demo'), '--http', '127.0.0.1:0', '--grpc', '127.0.0.1:0', '--keys', file]);
  let output = '';
  const ended = new Promise((resolve) => server.once('close', resolve));
  const stop = async () => {
    server.kill('SIGINT');
    const code = await ended;
    await rm(folder, { recursive: true, force: true });
    if (code !== 0) throw new Error(`the demo ended with ${code}:\n${output}`);
  };
  await new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      if (output.includes('Ctrl-C')) resolve();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', reject);
    ended.then((code) => reject(new Error(`the demo ended with ${code}:\n${output}`)));
  });
  const url = /http:\/\/[0-9.:]+/.exec(output)[0];
  return { url, keys: JSON.parse(await readFile(file, 'utf8')), stop };
}

// api calls the server as a system does.
export async function api(demo, key, method, path, body) {
  const answer = await fetch(`${demo.url}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(value)}`);
  return value;
}

// submit sends the delegation of an entity, as its mission does.
export async function submit(demo, entity, participants) {
  const path = `${meeting}/delegations/${entity}`;
  let etag;
  try {
    ({ etag } = await api(demo, demo.keys.missions[entity], 'GET', path));
  } catch {
    // The first composition.
  }
  return api(demo, demo.keys.missions[entity], 'POST', `${path}:submit`, { etag, participants });
}
