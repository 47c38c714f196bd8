package dev.unlearn.model.torchfile;

import dev.unlearn.model.tensor.ElementType;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The names a pickle may ask for: those that tensors are rebuilt from. They stand for no code. */
final class Globals {
  private static final Map<String, Object> KNOWN = known();

  private Globals() {}

  /** What is called with arguments. */
  enum Function {
    ORDERED_DICT,
    SIZE,
    REBUILD_TENSOR,
    REBUILD_TENSOR_V2,
    REBUILD_TENSOR_V3,
    REBUILD_PARAMETER
  }

  /** A class of storages; the type is null for those counted in bytes. */
  record StorageClass(@Nullable ElementType type) {}

  /** Returns a {@link Function}, a {@link StorageClass} or an {@link ElementType}, if known. */
  static Optional<Object> of(String name) {
    return Optional.ofNullable(KNOWN.get(name));
  }

  private static Map<String, Object> known() {
    Map<String, Object> known = new HashMap<>();
    known.put("collections.OrderedDict", Function.ORDERED_DICT);
    known.put("torch.Size", Function.SIZE);
    known.put("torch._utils._rebuild_tensor", Function.REBUILD_TENSOR);
    known.put("torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR_V2);
    known.put("torch._utils._rebuild_tensor_v3", Function.REBUILD_TENSOR_V3);
    known.put("torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER);
    known.put("torch.DoubleStorage", new StorageClass(ElementType.F64));
    known.put("torch.FloatStorage", new StorageClass(ElementType.F32));
    known.put("torch.HalfStorage", new StorageClass(ElementType.F16));
    known.put("torch.BFloat16Storage", new StorageClass(ElementType.BF16));
    known.put("torch.LongStorage", new StorageClass(ElementType.I64));
    known.put("torch.IntStorage", new StorageClass(ElementType.I32));
    known.put("torch.ShortStorage", new StorageClass(ElementType.I16));
    known.put("torch.CharStorage", new StorageClass(ElementType.I8));
    known.put("torch.ByteStorage", new StorageClass(ElementType.U8));
    known.put("torch.BoolStorage", new StorageClass(ElementType.BOOL));
    known.put("torch.storage.UntypedStorage", new StorageClass(null));
    // Types without a storage class of their own, for the third form of tensors.
    known.put("torch.uint16", ElementType.U16);
    known.put("torch.uint32", ElementType.U32);
    known.put("torch.uint64", ElementType.U64);
    known.put("torch.float8_e4m3fn", ElementType.F8_E4M3);
    known.put("torch.float8_e5m2", ElementType.F8_E5M2);
    return Map.copyOf(known);
  }
}
