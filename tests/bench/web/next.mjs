// From one case to the next one read: Request Tracker's own pages in headless Chromium, and caseload, over the same
// line with 0 and 100 ms of delay (there and back). For each: time until the next case's text can be read (median,
// least, most), bytes over the line, and key presses or clicks.
// usage: node next.mjs FIRST COUNT    (the tickets FIRST to FIRST+COUNT; the environment is tests/bench/rt.sh's)
import { spawnSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'

const first = Number(process.argv[2]), count = Number(process.argv[3])
const server = new URL(process.env.RT_URL)
const text = (n) => process.env.BENCH_TEXT.replace('%', n - first + Number(process.env.BENCH_FIRST))

// A line that takes its time: every piece is passed on half the delay later, in order.
function line(delay) {
	const counted = { bytes: 0 }
	const pass = (from, to) => {
		from.on('data', (piece) => {
			counted.bytes += piece.length
			setTimeout(() => to.destroyed || to.write(piece), delay / 2)
		})
		from.on('end', () => setTimeout(() => to.end(), delay / 2))
		from.on('error', () => to.destroy())
	}
	const listener = net.createServer((near) => {
		const far = net.connect({ port: server.port, host: '127.0.0.1', noDelay: true })
		near.setNoDelay(true)
		pass(near, far)
		pass(far, near)
	})
	return new Promise((done) => listener.listen(0, '127.0.0.1', () =>
		done({ counted, listener, url: `http://127.0.0.1:${listener.address().port}` })))
}

const middle = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
function told(name, delay, times, bytes, presses) {
	const least = Math.min(...times).toFixed(1), most = Math.max(...times).toFixed(1)
	console.log(`${name.padEnd(22)} ${String(delay).padStart(3)} ms delay: ${middle(times).toFixed(1).padStart(8)} ms` +
		`  [${least} - ${most}]  ${String(Math.round(bytes / times.length)).padStart(7)} bytes  ${presses} press`)
	return { time: middle(times), bytes: bytes / times.length }
}

async function cookies() {
	const answer = await fetch(`${server.origin}/NoAuth/Login.html`, {
		method: 'POST', redirect: 'manual', headers: { 'User-Agent': 'Mozilla/5.0', Referer: `${server.origin}/` },
		body: new URLSearchParams({ user: process.env.RTUSER, pass: process.env.RTPASSWD, next: '' }) })
	const [name, value] = answer.headers.get('set-cookie').split(';')[0].split('=')
	return [{ name, value, domain: '127.0.0.1', path: '/' }]
}

// The next one is read when its page and the text of its history are there.
async function pages(browser, delay) {
	const way = await line(delay)
	const page = await browser.newPage()
	await page.setCookie(...await cookies())
	await page.goto(`${way.url}/Search/Results.html?Query=Queue%3D'Waste'&OrderBy=id&Order=ASC&Rows=50`)
	await page.goto(`${way.url}/Ticket/Display.html?id=${first}`, { waitUntil: 'networkidle0' })
	const times = []
	let bytes = 0
	for (let n = first + 1; n <= first + count; n++) {
		way.counted.bytes = 0
		const from = performance.now()
		await Promise.all([page.waitForNavigation({ waitUntil: 'domcontentloaded' }), page.click('#li-page-next a')])
		await page.waitForFunction((t) => document.body.innerText.includes(t), { polling: 10, timeout: 60000 }, text(n))
		times.push(performance.now() - from)
		await new Promise((done) => setTimeout(done, 1500))
		bytes += way.counted.bytes
	}
	await page.close()
	way.listener.close()
	return told('RT in Chromium', delay, times, bytes, 1)
}

async function ours(delay) {
	const way = await line(delay)
	const dir = mkdtempSync(join(tmpdir(), 'caseload-bench-'))
	const conf = readFileSync(join(process.env.XDG_CONFIG_HOME, 'caseload/config'), 'utf8')
		.replace(/^url = .*$/m, `url = ${way.url}`)
	writeFileSync(join(dir, 'config'), `${conf}\n[view "Waste"]\nquery = "Bin number" sort:number\n`)
	const lines = ['size 80x24', 'env CASELOAD_UI_CLOCK=no', `shell cp ${dir}/config $XDG_CONFIG_HOME/caseload/config`,
		'run caseload', 'wait Bin number 5 ', 'shell sleep 0.5', 'keys <Enter>', `wait ${text(first)}`, 'took begun', 'shell sleep 1']
	for (let n = first + 1; n <= first + count; n++)
		lines.push('keys J', `wait ${text(n)}`, 'took next', 'shell sleep 1.5')
	lines.push('keys Q', 'exit 0')
	writeFileSync(join(dir, 'next.t'), lines.join('\n') + '\n')
	let begun = 0, out = ''
	const child = spawn(join(process.env.BUILD, 'tests/pty'), [join(dir, 'next.t')], { stdio: ['ignore', 'pipe', 'inherit'] })
	child.stdout.on('data', (piece) => { if (!out) begun = way.counted.bytes; out += piece })
	await new Promise((done) => child.on('close', done))
	const rows = [...out.matchAll(/^## next ([\d.]+) ms (\d+) bytes/gm)]
	if (rows.length !== count) throw new Error(`caseload read ${rows.length} of ${count}: ${out}`)
	way.listener.close()
	const shown = rows.reduce((sum, r) => sum + Number(r[2]), 0) / count
	const result = told('caseload', delay, rows.map((r) => Number(r[1])), way.counted.bytes - begun, 1)
	console.log(`${''.padEnd(22)}     over SSH it would write ${Math.round(shown)} bytes to the terminal`)
	return result
}

const browser = await puppeteer.launch({ executablePath: process.env.CHROMIUM || '/usr/bin/chromium', headless: true,
	args: ['--no-sandbox', '--disable-gpu'] })
for (const delay of [0, 100]) {
	const theirs = await pages(browser, delay), mine = await ours(delay)
	console.log(`${''.padEnd(22)}     ${(mine.time / theirs.time).toFixed(3)} of the time, ` +
		`${(mine.bytes / theirs.bytes).toFixed(3)} of the bytes`)
}
await browser.close()
