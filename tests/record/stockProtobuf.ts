import protobuf from 'protobufjs';
import * as descriptor from 'protobufjs/ext/descriptor/index.js';

/** protobufjs' own idea of a message, from the FileDescriptorSet in a recording. Its types leave these two out. */
interface Untyped {
  FileDescriptorSet: protobuf.Type;
  fromDescriptor(set: protobuf.Message): protobuf.Root;
}

export function stockType(fileDescriptorSet: Uint8Array, name: string): protobuf.Type {
  const { FileDescriptorSet } = (descriptor as unknown as { default: Untyped }).default;
  const root = (protobuf.Root as unknown as Untyped).fromDescriptor(
    FileDescriptorSet.decode(fileDescriptorSet),
  );
  return root.lookupType(name);
}
