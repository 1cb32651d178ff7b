// Turns gosec's report into findings a line, as judge.mjs reads them.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const { Issues, Stats, 'Golang errors': errors } = JSON.parse(readFileSync(0, 'utf8'));
if (Stats.files === 0 || Object.keys(errors ?? {}).length > 0) {
	throw new Error(`gosec could not read the program: ${JSON.stringify(errors)}`);
}
for (const { rule_id: rule, file, line, details } of Issues) {
	const where = relative(process.cwd(), file);
	console.log(JSON.stringify({ scanner: 'gosec', rule, where, page: `line ${line}: ${details}` }));
}
console.error(`${Stats.files} files, ${Stats.lines} lines`);
