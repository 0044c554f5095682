import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Capacitor } from '../../host/sim/capacitor.ts';
import { createConverter } from '../../host/sim/converter.ts';
import { bq25570 } from '../../host/sim/nodeDescription.ts';

const plain = { farads: 100e-6, leakageOhms: Infinity, maxVolts: 5, esrOhms: 0 };

test('without leakage the energy grows by power times time', () => {
  const capacitor = new Capacitor(plain, 2);
  capacitor.step(100e-6, 2, 0, capacitor.maxEnergy);
  expect(capacitor.energy).toBeCloseTo(200e-6 + 200e-6, 18);
});

test('leakage follows the discharge of a capacitor over a resistor', () => {
  const capacitor = new Capacitor({ ...plain, leakageOhms: 1e4 }, 4);
  for (let i = 0; i < 1000; i++) capacitor.step(0, 1e-3, 0, capacitor.maxEnergy);
  // One time constant, R C = 1 s.
  expect(capacitor.volts).toBeCloseTo(4 / Math.E, 10);
});

test('charging against leakage agrees with Euler steps a thousand times smaller', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -2e-4, max: 2e-4, noNaN: true }),
      fc.double({ min: 2, max: 5, noNaN: true }),
      (watts, exponent) => {
        const leakageOhms = 10 ** exponent * 10;
        const capacitor = new Capacitor({ ...plain, leakageOhms }, 3);
        let energy = capacitor.energy;
        const seconds = 5e-3;
        const steps = 5000;
        for (let i = 0; i < steps; i++) {
          const half = energy + ((watts - (2 * energy) / (leakageOhms * plain.farads)) * seconds) / steps / 2;
          energy += ((watts - (2 * half) / (leakageOhms * plain.farads)) * seconds) / steps;
        }
        const start = capacitor.energy;
        capacitor.step(watts, seconds, 0, capacitor.maxEnergy);
        expect(Math.abs(capacitor.energy - energy)).toBeLessThan(1e-7 * start);
        expect(Math.abs(watts * seconds - capacitor.leaked - capacitor.gained)).toBeLessThan(1e-13 * start);
      },
    ),
  );
});

test('stops exactly at a threshold, after the time that it takes', () => {
  const capacitor = new Capacitor(plain, 3);
  const low = capacitor.energyAt(2.4);
  const expected = (capacitor.energy - low) / 1e-3;
  expect(capacitor.step(-1e-3, 10, low, capacitor.maxEnergy)).toBe(true);
  expect(capacitor.energy).toBe(low);
  expect(capacitor.elapsed).toBeCloseTo(expected, 12);
});

test('an energy that leaks away to the smallest numbers there are leaves no NaN behind', () => {
  for (let ohms = 1000; ohms < 1100; ohms++) {
    const capacitor = new Capacitor({ farads: 32e-6, leakageOhms: ohms, esrOhms: 0, maxVolts: 2 }, 1e-6);
    for (let step = 0; step < 300; step++) {
      capacitor.step(0, 1 / 16, 0, capacitor.maxEnergy);
      expect(capacitor.leaked + capacitor.gained).toBeCloseTo(0, 20);
      expect(capacitor.elapsed).toBeGreaterThanOrEqual(0);
    }
    expect(capacitor.energy).toBe(0);
  }
});

test('what a short step gains is not rounded to what is stored', () => {
  const capacitor = new Capacitor({ farads: 10e-3, leakageOhms: Infinity, esrOhms: 0, maxVolts: 5 }, 3);
  capacitor.step(1e-6, 1e-12, 0, capacitor.maxEnergy);
  expect(capacitor.gained / 1e-18).toBeCloseTo(1, 12);
});

test('a full capacitor stays full and clips what is offered beyond its leakage', () => {
  const capacitor = new Capacitor({ ...plain, leakageOhms: 1e6 }, 4.99);
  expect(capacitor.step(1e-3, 10, 0, capacitor.maxEnergy)).toBe(true);
  expect(capacitor.energy).toBe(capacitor.maxEnergy);
  expect(capacitor.step(1e-3, 2, 0, capacitor.maxEnergy)).toBe(false);
  expect(capacitor.energy).toBe(capacitor.maxEnergy);
  expect(capacitor.leaked).toBeCloseTo(2 * 25e-6, 15);
  expect(capacitor.clipped).toBeCloseTo(2e-3 - 50e-6, 15);
});

test('boost and buck efficiencies are those of the table, interpolated in the logarithm of the current', () => {
  const converter = createConverter(bq25570, 100e-6);
  const warm = (amperes: number) => converter.charge(amperes * 2, 2, { volts: 3 }, false, 1) / (amperes * 2);
  expect(warm(1e-6)).toBeCloseTo(0.45, 12);
  expect(warm(16e-6)).toBeCloseTo(0.7, 12);
  expect(warm(Math.sqrt(16e-6 * 1e-3))).toBeCloseTo(0.75, 12);
  expect(warm(5e-3)).toBeCloseTo(0.8, 12);
  const supplied = (amperes: number) => (amperes * 2.2) / converter.draw(amperes * 2.2);
  expect(supplied(0.5e-6)).toBeCloseTo(0.4, 12);
  expect(supplied(8e-6)).toBeCloseTo(0.82, 12);
  expect(supplied(6.4e-3)).toBeCloseTo(0.92, 12);
});

test('a cold start charges slowly, and not at all from too little', () => {
  const converter = createConverter(bq25570, 100e-6);
  expect(converter.charge(100e-6, 1, { volts: 1 }, true, 1)).toBeCloseTo(5e-6, 15);
  expect(converter.charge(14e-6, 1, { volts: 1 }, true, 1)).toBe(0);
  expect(converter.charge(100e-6, 0.05, { volts: 3 }, false, 1)).toBe(0);
});

test('a diode passes current only below the source voltage less its drop', () => {
  const converter = createConverter({ kind: 'diode', dropVolts: 0.3, outputVolts: 2 }, 47e-6);
  expect(converter.charge(1e-3, 2.5, { volts: 2.21 }, false, 1e-3)).toBe(0);
  // 0.4 mA into 2 V for 1 ms raises 47 uF by 8.5 mV.
  const rise = (0.4e-3 * 1e-3) / 47e-6;
  const gained = 47e-6 * (((2 + rise) ** 2 - 4) / 2);
  expect(converter.charge(1e-3, 2.5, { volts: 2 }, false, 1e-3)).toBeCloseTo(gained / 1e-3, 12);
});

test('an efficiency table that makes no sense is refused', () => {
  for (const boost of [
    [],
    [[1e-6, 1.2]],
    [[1e-6, 0]],
    [
      [2e-6, 0.5],
      [1e-6, 0.6],
    ],
  ] as [number, number][][]) {
    expect(() => createConverter({ ...bq25570, boost } as typeof bq25570, 1e-4)).toThrow(RangeError);
  }
});
