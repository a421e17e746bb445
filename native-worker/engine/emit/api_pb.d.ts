// Types of the generated protobuf classes that ship without any: only what the emitter uses. Field order and meaning are
// TensorFlow's (graph.proto, function.proto, op_def.proto, attr_value.proto, saved_model.proto).
declare module '@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js' {
  interface MessageMap<V> {
    set(key: string, value: V): this;
  }
  class Dim {
    setSize(size: number): void;
  }
  class ListValue {
    setTypeList(types: number[]): void;
  }
  class MetaInfoDef {
    addTags(tag: string): void;
  }
  class ArgDef {
    setName(name: string): void;
    setType(type: number): void;
  }
  class AttrDef {
    setName(name: string): void;
    setType(type: string): void;
  }
  class TensorShape {
    static Dim: typeof Dim;
    addDim(dim: Dim): void;
  }
  class Tensor {
    setDtype(dtype: number): void;
    setTensorShape(shape: TensorShape): void;
    setTensorContent(bytes: Uint8Array): void;
  }
  class AttrValue {
    static ListValue: typeof ListValue;
    setType(type: number): void;
    setI(value: number): void;
    setB(value: boolean): void;
    setS(value: Uint8Array): void;
    setShape(shape: TensorShape): void;
    setPlaceholder(name: string): void;
    setList(list: ListValue): void;
    setFunc(fn: NameAttrList): void;
    setTensor(tensor: Tensor): void;
  }
  class NameAttrList {
    setName(name: string): void;
    getAttrMap(): MessageMap<AttrValue>;
  }
  class NodeDef {
    setName(name: string): void;
    setOp(op: string): void;
    addInput(input: string): void;
    getAttrMap(): MessageMap<AttrValue>;
  }
  class OpDef {
    static ArgDef: typeof ArgDef;
    static AttrDef: typeof AttrDef;
    setName(name: string): void;
    addInputArg(arg: ArgDef): void;
    addOutputArg(arg: ArgDef): void;
    addAttr(attr: AttrDef): void;
    setIsStateful(stateful: boolean): void;
  }
  class FunctionDef {
    setSignature(signature: OpDef): void;
    addNodeDef(node: NodeDef): void;
    getRetMap(): MessageMap<string>;
  }
  class FunctionDefLibrary {
    addFunction(fn: FunctionDef): void;
  }
  class VersionDef {
    setProducer(version: number): void;
    setMinConsumer(version: number): void;
  }
  class GraphDef {
    addNode(node: NodeDef): void;
    setLibrary(library: FunctionDefLibrary): void;
    setVersions(versions: VersionDef): void;
  }
  class MetaGraphDef {
    static MetaInfoDef: typeof MetaInfoDef;
    setMetaInfoDef(info: MetaInfoDef): void;
    setGraphDef(graph: GraphDef): void;
  }
  class SavedModel {
    setSavedModelSchemaVersion(version: number): void;
    addMetaGraphs(graph: MetaGraphDef): void;
    serializeBinary(): Uint8Array;
  }
  const messages: {
    TensorShape: typeof TensorShape;
    Tensor: typeof Tensor;
    AttrValue: typeof AttrValue;
    NameAttrList: typeof NameAttrList;
    NodeDef: typeof NodeDef;
    OpDef: typeof OpDef;
    FunctionDef: typeof FunctionDef;
    FunctionDefLibrary: typeof FunctionDefLibrary;
    VersionDef: typeof VersionDef;
    GraphDef: typeof GraphDef;
    MetaGraphDef: typeof MetaGraphDef;
    SavedModel: typeof SavedModel;
  };
  export default messages;
  export type { FunctionDef, GraphDef, NodeDef };
}
