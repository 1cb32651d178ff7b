// Looks at the pages that `AUDIT_PAGES=folder go test ./internal/handlers` kept: html-validate at their HTML, Google's CSP evaluator at their
// policies. Prints a finding a line, as judge.mjs reads them.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import evaluator from 'csp_evaluator/dist/evaluator.js';
import finding from 'csp_evaluator/dist/finding.js';
import parser from 'csp_evaluator/dist/parser.js';
import { HtmlValidate, StaticConfigLoader } from 'html-validate';
import config from './htmlvalidate.mjs';

const [folder] = process.argv.slice(2);
const files = readdirSync(folder);
if (!files.some((file) => file.startsWith('zapembed-')) || !files.some((file) => file.startsWith('emulator-'))) {
	throw new Error(`${folder} holds no pages of ours, or none of the emulator`);
}
const report = (scanner, rule, where, page) => console.log(JSON.stringify({ scanner, rule, where, page }));

const validator = new HtmlValidate(new StaticConfigLoader(config));
for (const file of files.filter((name) => name.endsWith('.html'))) {
	const answer = await validator.validateString(readFileSync(join(folder, file), 'utf8'), file);
	for (const message of answer.results.flatMap((result) => result.messages)) {
		report('html-validate', message.ruleId, `${file.split('-')[0]}: ${shorten(message.message)}`, `${file}, ${message.selector}`);
	}
}

// The tests run without TLS on ports of their own; what is looked at is what the policy is with the names of a deployment.
const deployed = (policy) => policy.replace(/http:\/\/127\.0\.0\.1:\d+/g, 'https://zapier.example').replace(/http:\/\/localhost:\d+/g, 'https://zaps.example');
const seen = new Set();
for (const file of files.filter((name) => name.endsWith('.csp'))) {
	const policy = deployed(readFileSync(join(folder, file), 'utf8'));
	const known = `${file.split('-')[0]} ${policy.replace(/'nonce-[^']+'/, '')}`;
	if (seen.has(known)) continue;
	seen.add(known);
	for (const { type, directive, value } of new evaluator.CspEvaluator(new parser.CspParser(policy).csp).evaluate()) {
		report('csp-evaluator', finding.Type[type], [`${file.split('-')[0]}:`, directive, value].filter(Boolean).join(' '), file);
	}
}
const count = (ending) => files.filter((name) => name.endsWith(ending)).length;
console.error(`${count('.html')} pages, ${seen.size} policies`);

// What a person wrote or a test made up is no part of a finding.
function shorten(message) {
	return message.replace(/(?<=element id |value )".*"/, '"…"');
}
