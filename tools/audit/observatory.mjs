// Lets MDN's HTTP Observatory grade the server as it is deployed: https, a name of its own, a proxy in front that speaks TLS. The proxy is this
// program; it also shows the session cookie on the first page, which sets none by itself, so that the cookie is graded as well.
// Usage: observatory.mjs SERVER CERTIFICATE KEY (the certificate is for zaps.example.com and among NODE_EXTRA_CA_CERTS).
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

const HOST = 'zaps.example.com';
const BEST = 'A+';
// How the server can have a name of its own.
const MODES = {
	'own host': {},
	'own host, in frames of its site': { EMBED_ORIGINS: 'https://www.example.com' },
	'own host, in frames of other sites': { EMBED_MODE: 'cross-site', EMBED_ORIGINS: 'https://partner.example' },
};
const [binary, certificate, key] = process.argv.slice(2);

// The list of preloaded names is fetched when the package is installed with its scripts, which it is not here; our name is on no list.
const preloaded = fileURLToPath(new URL('../conf/hsts-preload.json', import.meta.resolve('@mdn/mdn-http-observatory')));
if (!existsSync(preloaded)) writeFileSync(preloaded, '{}');
const { scan } = await import('@mdn/mdn-http-observatory');

const listen = (server) => new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server.address().port)));
const free = async () => {
	const probe = net.createServer();
	const port = await listen(probe);
	await new Promise((closed) => probe.close(closed));
	return port;
};

const ask = (port, path, headers = {}, method = 'GET') => new Promise((answered, failed) => {
	http.request({ host: '127.0.0.1', port, path, method, headers: { ...headers, host: HOST } }, answered).on('error', failed).end();
});

async function start(mode) {
	const port = await free();
	const folder = mkdtempSync(join(tmpdir(), 'observatory-'));
	const server = spawn(binary, [], {
		stdio: ['ignore', 'ignore', 'pipe'],
		env: {
			PUBLIC_URL: `https://${HOST}`, LISTEN_ADDR: `127.0.0.1:${port}`, STORE_URL: `sqlite:${join(folder, 'store.db')}`,
			STORE_KEYS: Buffer.alloc(32, 1).toString('base64'), ZAPIER_CLIENT_ID: 'nobody', ZAPIER_CLIENT_SECRET: 'nothing', ...MODES[mode],
		},
	});
	let said = '';
	server.stderr.on('data', (chunk) => { said += chunk; });
	const until = Date.now() + 30_000;
	while (!said.includes('Zapembed is ready')) {
		if (Date.now() > until || server.exitCode !== null) throw new Error(`the server does not start:\n${said}`);
		await new Promise((later) => setTimeout(later, 50));
	}
	return { port, stop: () => { server.kill(); rmSync(folder, { recursive: true, force: true }); } };
}

let pages;
const front = https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, async (request, response) => {
	const answer = await ask(pages, request.url, request.headers, request.method);
	const headers = { ...answer.headers };
	if (request.url === '/') headers['set-cookie'] = (await ask(pages, '/sign-in')).headers['set-cookie'];
	response.writeHead(answer.statusCode, headers);
	answer.pipe(response);
});
const plain = http.createServer((request, response) => response.writeHead(301, { location: `https://${HOST}${request.url}` }).end());
const [secure, insecure] = [await listen(front), await listen(plain)];

// The scanner asks for the name; its connections come here.
https.Agent.prototype.createConnection = (options) => tls.connect({ ...options, host: '127.0.0.1', port: secure, servername: HOST });
http.Agent.prototype.createConnection = (options) => net.connect({ host: '127.0.0.1', port: options.host === HOST ? insecure : options.port });

for (const mode of Object.keys(MODES)) {
	const server = await start(mode);
	pages = server.port;
	try {
		const { scan: sum, tests } = await scan(HOST);
		console.log(`HTTP Observatory, ${mode}: ${sum.grade}, ${sum.score} points, ${sum.testsPassed} of ${sum.testsQuantity} tests`);
		for (const [name, { result, scoreModifier, pass }] of Object.entries(tests)) {
			console.log(`  ${pass ? 'passed' : 'FAILED'} ${String(scoreModifier).padStart(4)} ${name}: ${result}`);
		}
		if (sum.grade !== BEST || sum.testsPassed !== sum.testsQuantity) process.exitCode = 1;
	} finally {
		server.stop();
	}
}
process.exit();
