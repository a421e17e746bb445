// Plain attributes and nodes into TensorFlow's protobuf messages: the only file that builds small messages.
import pb, { type NodeDef } from '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js';
import { type Attribute, typeCode } from './attribute.ts';

function tensorShape(shape: readonly number[]) {
  const message = new pb.TensorShape();
  for (const size of shape) {
    const dim = new pb.TensorShape.Dim();
    dim.setSize(size);
    message.addDim(dim);
  }
  return message;
}

function attrValue(attribute: Attribute) {
  const message = new pb.AttrValue();
  switch (attribute.kind) {
    case 'type':
      message.setType(typeCode[attribute.type]);
      return message;
    case 'types': {
      const list = new pb.AttrValue.ListValue();
      list.setTypeList(attribute.types.map((t) => typeCode[t]));
      message.setList(list);
      return message;
    }
    case 'int':
      message.setI(attribute.value);
      return message;
    case 'bool':
      message.setB(attribute.value);
      return message;
    case 'string':
      message.setS(new TextEncoder().encode(attribute.value));
      return message;
    case 'shape':
      message.setShape(tensorShape(attribute.shape));
      return message;
    case 'open':
      message.setPlaceholder(attribute.name);
      return message;
    case 'function': {
      const fn = new pb.NameAttrList();
      fn.setName(attribute.name);
      for (const [key, value] of Object.entries(attribute.attributes)) fn.getAttrMap().set(key, attrValue(value));
      message.setFunc(fn);
      return message;
    }
    case 'tensor': {
      const { dtype, shape, values } = attribute;
      const tensor = new pb.Tensor();
      tensor.setDtype(typeCode[dtype]);
      tensor.setTensorShape(tensorShape(shape));
      tensor.setTensorContent(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      message.setTensor(tensor);
      return message;
    }
  }
}

export type Attributes = Readonly<Record<string, Attribute>>;

/** A node: an input is `node:output:index` inside a function, `node:index` in a graph, `^node` for order alone. */
export function nodeDef(name: string, op: string, inputs: readonly string[], attributes: Attributes = {}): NodeDef {
  const node = new pb.NodeDef();
  node.setName(name);
  node.setOp(op);
  for (const input of inputs) node.addInput(input);
  for (const [key, attribute] of Object.entries(attributes)) node.getAttrMap().set(key, attrValue(attribute));
  return node;
}
