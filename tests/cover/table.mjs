// What gcov counted, as a table by room; and each branch that is not taken where every one has to be, against
// tests/cover/REASONS. Lines of that file:
//     # WORD: the reason, a sentence          begins a reason
//     N FILE FUNCTION: the source line        a line with N branches that nothing takes, for that reason
// Told are branches without a reason, more of them on a line than it says, and reasons without such a branch: each
// fails. Fewer on a line than it says is told alone. Of a reason with "sometimes" (# WORD, sometimes: ...) some are taken
// where a moment is met, or a ticket system of tests/live is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';

const rooms = ['model', 'net', 'tui', 'cli', 'service'];
const least = { lines: 85, branches: 70 };
const whole = /^(model\/store_outbox\.c|net\/outbox\.c|net\/sync\w*\.c|model\/text\w*\.c)$/;

// A switch without a default has a way past all its cases, which is no branch of the source where the compiler sees to
// it that each name of the enum has its case (-Wswitch, an error here): gcov tells it last.
const complete = (source, number) => {
	const indent = /^(\s*)switch \(/.exec(source[number - 1])?.[1];
	if (indent === undefined) return false;
	for (let i = number; i < source.length && source[i] !== `${indent}}`; i++)
		if (source[i] === `${indent}default:`) return false;
	return true;
};

const clean = (text) => text.trim().replace(/\s+/g, ' ');
const files = new Map();
for (const room of rooms) {
	for (const name of readdirSync(room).filter((n) => n.endsWith('.c'))) {
		const notes = `build/cover/${room}/${name.replace(/\.c$/, '.gcno')}`;
		const path = `${room}/${name}`;
		if (!existsSync(notes)) continue;
		// Its exit code is no good sign: a file that nothing ran has no counts, which are zeros then.
		const told = spawnSync('gcov', ['--json-format', '--stdout', '--branch-probabilities', notes], {
			maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore'] });
		for (const line of told.stdout.toString().trim().split('\n'))
			for (const file of JSON.parse(line).files) if (file.file === path) files.set(path, file);
	}
}

const percent = (part, all) => (all ? (100 * part) / all : 100);
const sums = Object.fromEntries(rooms.map((r) => [r, { lines: 0, hit: 0, branches: 0, taken: 0 }]));
const missing = new Map(); // "FILE FUNCTION: source" -> how many branches
let strict = { branches: 0, taken: 0 };
for (const [path, file] of files) {
	const sum = sums[path.split('/')[0]];
	const source = readFileSync(path, 'utf8').split('\n');
	const lines = new Map(); // a line may be told once for each function it stands in
	for (const line of file.lines) {
		const seen = lines.get(line.line_number) ?? { count: 0, branches: [] };
		seen.count += line.count;
		seen.name = line.function_name ?? seen.name;
		line.branches.forEach((b, i) => (seen.branches[i] = (seen.branches[i] ?? 0) + b.count));
		lines.set(line.line_number, seen);
	}
	for (const [number, line] of lines) {
		if (complete(source, number)) line.branches.pop();
		sum.lines++;
		sum.hit += line.count > 0;
		sum.branches += line.branches.length;
		const taken = line.branches.filter((count) => count > 0).length;
		sum.taken += taken;
		if (!whole.test(path)) continue;
		strict.branches += line.branches.length;
		strict.taken += taken;
		if (taken === line.branches.length) continue;
		const key = `${path} ${line.name}: ${clean(source[number - 1])}`;
		const at = missing.get(key) ?? { count: 0, number };
		at.count += line.branches.length - taken;
		missing.set(key, at);
	}
}

const reasons = new Map();
let reason = null;
let bad = 0;
const complain = (text) => { console.log(text); bad++; };
for (const line of existsSync('tests/cover/REASONS') ? readFileSync('tests/cover/REASONS', 'utf8').split('\n') : []) {
	if (line.startsWith('# ')) reason = line.slice(2);
	else if (line.trim()) {
		const [, count, key] = /^(\d+) (.*)$/.exec(clean(line)) ?? [];
		if (!reason || !key) complain(`not of the form: ${line}`);
		else reasons.set(key, { count: Number(count), sometimes: /^\w+, sometimes:/.test(reason) });
	}
}
for (const [key, at] of missing)
	if (!reasons.has(key)) complain(`not taken, without a reason (line ${at.number}): ${at.count} ${key}`);
	else if (at.count > reasons.get(key).count)
		complain(`not taken, ${at.count} instead of ${reasons.get(key).count} (line ${at.number}): ${key}`);
	else if (at.count < reasons.get(key).count)
		console.log(`taken in part, ${at.count} instead of ${reasons.get(key).count} are left (line ${at.number}): ${key}`);
for (const [key, { sometimes }] of reasons)
	if (!missing.has(key) && !sometimes) complain(`a reason for what is taken, or is not there: ${key}`);

console.log('room      lines          branches');
for (const [room, s] of Object.entries(sums)) {
	const lines = percent(s.hit, s.lines), branches = percent(s.taken, s.branches);
	console.log(`${room.padEnd(8)} ${lines.toFixed(1).padStart(5)} % of ${String(s.lines).padEnd(6)} ` +
		`${branches.toFixed(1).padStart(5)} % of ${s.branches}`);
	if (lines < least.lines) complain(`${room}: fewer than ${least.lines} % of lines`);
	if (branches < least.branches) complain(`${room}: fewer than ${least.branches} % of branches`);
}
const explained = [...missing].reduce((n, [key, at]) => n + Math.min(at.count, reasons.get(key)?.count ?? 0), 0);
console.log(`outbox, sync, text: ${strict.taken} of ${strict.branches} branches taken, ${explained} with a reason, ` +
	`${strict.branches - strict.taken - explained} without`);
if (process.env.COVER_FILES)
	for (const [path, file] of [...files].sort()) {
		const all = file.lines.length, hit = file.lines.filter((l) => l.count > 0).length;
		const branches = file.lines.flatMap((l) => l.branches);
		console.log(`${path.padEnd(28)} ${percent(hit, all).toFixed(1).padStart(5)} % of ${String(all).padEnd(5)} ` +
			`${percent(branches.filter((b) => b.count > 0).length, branches.length).toFixed(1).padStart(5)} % of ${branches.length}`);
	}
console.log(bad ? `${bad} failed` : 'ok');
process.exit(bad ? 1 : 0);
