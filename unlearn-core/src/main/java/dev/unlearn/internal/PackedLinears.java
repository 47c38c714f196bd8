package dev.unlearn.internal;

import ai.djl.Device;
import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Linear layers whose matrix lies as the CPU's vector unit reads it, which PyTorch does otherwise
 * anew in each product. Needs oneDNN, which is in PyTorch's builds for x86-64. Without gradients.
 */
public final class PackedLinears {
  private static final String METHODS =
      """
        def pack(self: __torch__.Ops,
          weight: Tensor) -> Tensor:
          return ops.mkldnn._reorder_linear_weight(torch.contiguous(weight), None)
        def linear(self: __torch__.Ops,
          x: Tensor,
          weight: Tensor,
          bias: Tensor) -> Tensor:
          if torch.gt(torch.numel(bias), 0):
            result = ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), "")
          else:
            result = ops.mkldnn._linear_pointwise(x, weight, None, "none", annotate(List[Optional[number]], []), "")
          return result
      """;

  private static final @Nullable Model MODEL = load();

  private PackedLinears() {}

  private static @Nullable Model load() {
    String machine = System.getProperty("os.arch", "");
    if (!machine.equals("amd64") && !machine.equals("x86_64")) {
      return null;
    }
    Model model = Model.newInstance("unlearn-packed", Device.cpu(), Torch.ENGINE);
    try {
      model.load(new ByteArrayInputStream(OpsArchive.bytes(METHODS)));
      return model;
    } catch (EngineException | MalformedModelException e) {
      model.close();
      LoggerFactory.getLogger(PackedLinears.class)
          .info("decoding without packed matrices: {}", Failures.summary(e));
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot load the operator module", e);
    }
  }

  /** Returns whether matrices on the CPU can be packed. */
  public static boolean areAvailable() {
    return MODEL != null;
  }

  /**
   * Returns a packed copy; it can be given to {@link #apply} only, and be closed.
   *
   * @param weight shape (outputs, inputs)
   */
  public static NDArray pack(NDManager manager, NDArray weight) {
    NDArray packed = call(manager, "pack", weight);
    NDScope.unregister(packed);
    return packed;
  }

  /**
   * Returns {@code x weightᵀ + bias}.
   *
   * @param x shape (…, inputs)
   * @param packed of {@link #pack}
   * @param bias shape (outputs), or null for none
   */
  public static NDArray apply(NDArray x, NDArray packed, @Nullable NDArray bias) {
    return call(x.getManager(), "linear", x, packed, OpsModule.orNone(bias));
  }

  private static NDArray call(NDManager manager, String method, NDArray... arguments) {
    if (MODEL == null) {
      throw new IllegalStateException("see areAvailable");
    }
    return Torch.call(manager, MODEL.getBlock(), method, arguments);
  }
}
