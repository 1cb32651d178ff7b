// Holds what the scanners found to the table in ../audit.md, where each finding that stays has its reason. A finding without a row fails, and
// so does a row of one of the scanners named as arguments that nothing was found for: the table is not to outlive its reasons.
import { readFileSync } from 'node:fs';

const scanners = process.argv.slice(2);
const rows = readFileSync(new URL('../audit.md', import.meta.url), 'utf8').split('\n')
	.map((line) => /^\| (\S+) \| `([^`]+)` \| (?:`(.+?)`) \| (\d+|any) \| (.+) \|$/.exec(line)).filter(Boolean)
	.map(([, scanner, rule, where, times]) => ({ scanner, rule, where, times, found: 0 }))
	.filter(({ scanner }) => scanners.includes(scanner));
const fits = (row, found) => row.scanner === found.scanner && row.rule === found.rule
	&& (row.where === found.where || (row.where.endsWith('/') && found.where.startsWith(row.where)));

const unexplained = new Map();
for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
	const found = JSON.parse(line);
	const row = rows.find((one) => fits(one, found));
	if (row) {
		row.found += 1;
		continue;
	}
	const name = `${found.scanner} ${found.rule}: ${found.where}`;
	const known = unexplained.get(name) ?? { times: 0, page: found.page };
	unexplained.set(name, { ...known, times: known.times + 1 });
}
for (const [name, { times, page }] of unexplained) {
	console.error(`found and not explained in tools/audit.md: ${name} (${times} times, first in ${page})`);
	process.exitCode = 1;
}
for (const { scanner, rule, where, times, found } of rows) {
	if (found === 0 || (times !== 'any' && Number(times) !== found)) {
		console.error(`tools/audit.md explains ${scanner} ${rule} at ${where} ${times} times, found ${found} times`);
		process.exitCode = 1;
	}
}
if (!process.exitCode) console.log(`${scanners.join(', ')}: nothing but what tools/audit.md explains (${rows.length} rows)`);
