"""Runs shepherd-core's virtual source over a trace and a load, for `npm run -s bench:sim`.

Reads one JSON object on stdin and writes one on stdout:
  trace       file of little-endian int32 pairs (microvolts, nanoamperes), one per sample of shepherd's 10 us
  load        load current in steps of `adcAmperes`, one per sample of a period that repeats; drawn while the output is on
  record      samples between two readings of the stored energy
  source      fields of VirtualSourceConfig
  storage     arguments of VirtualStorageConfig.capacitor
  -> seconds (wall clock of the loop), cpuSeconds, joules (one per reading), switches (of the output), version

The loop is the one of shepherd-core's `simulate_source` without its files and progress bar.
"""

import json
import sys
import time
from importlib.metadata import version

import numpy as np
from shepherd_core.data_models.base.calibration import CalibrationEmulator, CalibrationPair
from shepherd_core.data_models.content.virtual_source_config import VirtualSourceConfig
from shepherd_core.data_models.content.virtual_storage_config import VirtualStorageConfig
from shepherd_core.vsource.virtual_source_model import VirtualSourceModel


def main() -> None:
    order = json.load(sys.stdin)
    storage = VirtualStorageConfig.capacitor(**order["storage"])
    config = VirtualSourceConfig(**order["source"], storage=storage)
    adc_amperes = order["adcAmperes"]
    emulator = CalibrationEmulator(adc_C_A=CalibrationPair(gain=adc_amperes, offset=0))
    model = VirtualSourceModel(config, emulator)

    volts, amperes = np.fromfile(order["trace"], dtype="<i4").reshape(-1, 2).T.tolist()
    # Half a step on top: the model cuts the reading off to whole steps.
    load = [(steps + 0.5) * adc_amperes * 1e9 if steps > 0 else 0.0 for steps in order["load"]]
    period = len(load)
    record = order["record"]
    farads = order["storage"]["C_uF"] * 1e-6
    rated = order["storage"]["V_rated"]

    converter = model.cnv
    states, switches, on = [], 0, False
    drawn = 0.0
    start, cpu_start = time.perf_counter(), time.process_time()
    for n in range(len(volts)):
        on_before = on
        on = model.iterate_sampling(volts[n], amperes[n], drawn) > 0
        drawn = load[(n + 1) % period] if on else 0.0
        if on is not on_before:
            switches += 1
        if (n + 1) % record == 0:
            states.append(converter.storage.SoC_1_n62)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start

    joules = [farads * (rated * state / 2**62) ** 2 / 2 for state in states]
    result = {
        "seconds": seconds,
        "cpuSeconds": cpu_seconds,
        "joules": joules,
        "switches": switches,
        "version": version("shepherd-core"),
    }
    json.dump(result, sys.stdout)


main()
