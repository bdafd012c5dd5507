import t from 'tap'
import { ipv4Rules, IPV6_RULES, isWhole, restoreText, standingOf } from '../../../src/engine/machine/firewall-rules.ts'
import { parseReach } from '../../../src/lib/reach.ts'

const rulesFor = (...texts: string[]) => ipv4Rules(texts.flatMap((text) => parseReach(text) ?? []))

t.test('addresses of the policy come after other owners and before private networks', async (t) => {
  const { FORWARD: forward, INPUT: input } = rulesFor('172.16.0.0/12', '10.1.2.3:5432', 'host:53/udp')
  const positions = [
    '-o brth-+ -m physdev --physdev-is-bridged -j RETURN',
    '-o brth-+ -j DROP',
    '-d 172.16.0.0/12 -j RETURN',
    '-d 10.1.2.3/32 -p tcp -m tcp --dport 5432 -j RETURN',
    '-d 10.0.0.0/8 -j DROP'
  ].map((rule) => forward.indexOf(rule))
  t.ok(
    positions.every((position, index) => position > (positions[index - 1] ?? 0)),
    String(positions)
  )
  for (const network of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '127.0.0.0/8'])
    t.ok(forward.includes(`-d ${network} -j DROP`), network)
  t.strictSame(input.slice(1), ['-p udp -m udp --dport 53 -j RETURN', '-j DROP'])
})

t.test('no IPv6 traffic passes', async (t) => {
  t.strictSame([IPV6_RULES.FORWARD.at(-1), IPV6_RULES.INPUT], ['-j DROP', ['-j DROP']])
})

t.test('existing rules are replaced in one step', async (t) => {
  const listing = [
    '-P FORWARD ACCEPT',
    '-N BERTH-FORWARD',
    '-A FORWARD -i eth0 -j ACCEPT',
    '-A FORWARD -i brth-+ -j BERTH-FORWARD',
    '-A BERTH-FORWARD -j RETURN'
  ].join('\n')
  const lines = restoreText(rulesFor(), listing).split('\n')
  t.strictSame(
    lines.filter((line) => /^(\*|:|-D|-I|COMMIT)/.test(line)),
    [
      '*mangle',
      ':BERTH-FORWARD - [0:0]',
      ':BERTH-INPUT - [0:0]',
      '-D FORWARD -i brth-+ -j BERTH-FORWARD',
      '-I FORWARD -i brth-+ -j BERTH-FORWARD',
      '-I INPUT -i brth-+ -j BERTH-INPUT',
      'COMMIT'
    ]
  )
})

t.test('the rules are in force only if they come first and are complete', async (t) => {
  const rules = rulesFor()
  const ours = ['-A FORWARD -i brth-+ -j BERTH-FORWARD', '-A INPUT -i brth-+ -j BERTH-INPUT']
  const chains = [
    ...rules.FORWARD.map((rule) => `-A BERTH-FORWARD ${rule}`),
    ...rules.INPUT.map((rule) => `-A BERTH-INPUT ${rule}`)
  ]
  const stands = (...lines: string[]) => isWhole(standingOf(lines.join('\n')), rules)
  t.ok(stands(...ours, '-A FORWARD -i eth0 -j ACCEPT', ...chains))
  t.notOk(stands('-A FORWARD -j ACCEPT', ...ours, ...chains), 'an accepting rule comes first')
  t.notOk(stands(...ours, ...chains.slice(1)))
  t.notOk(stands(...ours.slice(1), ...chains))
})
