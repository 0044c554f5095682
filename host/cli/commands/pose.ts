import { Command } from 'commander';
import { evalCommand } from './pose/eval.ts';
import { liveCommand } from './pose/live.ts';
import { runCommand } from './pose/run.ts';

export function poseCommand(): Command {
  const command = new Command('pose').description('full-body pose from one to five worn devices');
  command.addCommand(runCommand().exitOverride());
  command.addCommand(evalCommand().exitOverride());
  command.addCommand(liveCommand().exitOverride());
  return command;
}
