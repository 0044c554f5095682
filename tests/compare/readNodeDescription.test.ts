import { describe, expect, test } from '@jest/globals';
import { UserError } from '../../host/errors.ts';
import {
  nodeNames,
  parseNodeDescription,
  readNodeDescription,
} from '../../host/sim/describe/readNodeDescription.ts';
import { defaultNode } from '../../host/sim/nodeDescription.ts';

const valid = `
name = "test"
sleep_watts = 1e-6
[capacitor]
farads = 1e-4
max_volts = 4
[converter]
kind = "boost-buck"
boost = [[1e-6, 0.5], [1e-3, 0.8]]
min_input_volts = 0.1
quiescent_watts = 1e-6
output_volts = 2.2
buck = [[1e-6, 0.4]]
[thresholds]
on_volts = 3
off_volts = 2
min_off_seconds = 0.1
${['boot', 'compute', 'sense', 'packet', 'byte'].map((work) => `[${work}]\njoules = 1e-6\nseconds = 1e-3`).join('\n')}
`;

describe('node descriptions', () => {
  test('those that come with Solstice are read', () => {
    expect(nodeNames()).toEqual(['msp430fr5994', 'nrf52', 'rp2040']);
    for (const name of nodeNames())
      expect(readNodeDescription(name).node.capacitor.farads).toBeGreaterThan(0);
  });

  test('the nRF52 is the node of the demo', () => {
    expect(readNodeDescription('nrf52').node).toEqual(defaultNode);
  });

  test('what may be left out has its default', () => {
    const { name, node } = parseNodeDescription(valid, 'n.toml');
    expect(name).toBe('test');
    expect(node).toMatchObject({ initialVolts: 3, capacitor: { leakageOhms: Infinity, esrOhms: 0 } });
  });

  test.each([
    ['on_volts = 3', 'onvolts = 3', /n\.toml: thresholds\.on_volts is a number; it is missing/],
    ['sleep_watts = 1e-6', 'sleep_watts = "much"', /n\.toml: sleep_watts is a number; not "much"/],
    ['min_off_seconds = 0.1', 'min_off_seconds = 0.1\nfoo = 1', /n\.toml: there is no key thresholds\.foo/],
    ['off_volts = 2', 'off_volts = 3.5', /n\.toml: a node needs 0 < offVolts < onVolts/],
    ['kind = "boost-buck"', 'kind = "magic"', /converter\.kind is bq25570, boost-buck or diode, not magic/],
    ['buck = [[1e-6, 0.4]]', 'buck = [1e-6]', /converter\.buck is pairs of amperes and share/],
    ['farads = 1e-4', 'farads =', /n\.toml: line 5, column/],
  ])('%s replaced by %s is told', (before, after, message) => {
    const parse = (): unknown => parseNodeDescription(valid.replace(before, after), 'n.toml');
    expect(parse).toThrow(message);
    expect(parse).toThrow(UserError);
  });

  test('a file that is not there is told with the names that are', () => {
    expect(() => readNodeDescription('missing.toml')).toThrow(
      /cannot read the node description missing\.toml/,
    );
  });
});
