/**
 * Calls `stop` at the first SIGINT or SIGTERM, so that the command ends in order; a second one ends the process at
 * once. Returns a function that stops listening.
 */
export function onInterrupt(stop: () => void): () => void {
  let asked = false;
  const handle = (): void => {
    if (asked) process.exit(130);
    asked = true;
    stop();
  };
  process.on('SIGINT', handle);
  process.on('SIGTERM', handle);
  return () => {
    process.off('SIGINT', handle);
    process.off('SIGTERM', handle);
  };
}
