// The types of tfjs's chained operations (x.add(y)); the package registers them itself, its own typings leave them out.
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
