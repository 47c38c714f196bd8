package dev.unlearn.model.torchscript;

import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.unlearn.api.UnlearningException;
import dev.unlearn.internal.Failures;
import dev.unlearn.internal.Torch;
import dev.unlearn.model.Signature;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out by trying whether a TorchScript module takes (ids) or (ids, attention mask), and up to
 * which length.
 *
 * <p>A module with learned positions fails beyond their table, before it computes anything else; so
 * lengths are tried from the longest down, and few are computed to the end.
 */
final class SignatureProbe {
  /** The largest context length that is tried. */
  static final int LONGEST = 2048;

  private static final Logger logger = LoggerFactory.getLogger(SignatureProbe.class);
  private static final int SHORT = 3;

  private final Path file;
  private final NDManager manager;
  private final Block module;

  SignatureProbe(Path file, Model model) {
    this.file = file;
    manager = model.getNDManager();
    module = model.getBlock();
    Torch.dropoutOff(module);
  }

  /**
   * Returns what the module takes.
   *
   * @throws UnlearningException if it takes neither form, or a second input that is no mask
   */
  Signature find() {
    boolean mask = takesMask();
    if (mask) {
      checkMask();
    }
    int length = longest(mask);
    logger.info(
        "{} takes ids{} and up to {} positions", file, mask ? ", an attention mask," : "", length);
    Signature ids = Signature.ids(length);
    return mask ? ids.withAttentionMask() : ids;
  }

  private boolean takesMask() {
    try {
      run(true, 2, SHORT);
      return true;
    } catch (RuntimeException withMask) {
      try {
        run(false, 2, SHORT);
        return false;
      } catch (RuntimeException withoutMask) {
        UnlearningException refusal =
            new UnlearningException(
                ("%s must take ids, or ids and an attention mask, of any shape (B, L), but failed at"
                        + " (2, 3): with ids (%s), with ids and mask (%s); a module that takes"
                        + " something else must be loaded with a Signature, and one that was traced"
                        + " at a fixed length cannot be used")
                    .formatted(file, Failures.summary(withoutMask), Failures.summary(withMask)),
                withoutMask);
        refusal.addSuppressed(withMask);
        throw refusal;
      }
    }
  }

  /** A second input must hide a token, or make no difference; positions do neither. */
  private void checkMask() {
    try (NDManager scope = manager.newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray hidden = lastLogits(scope, new long[] {0, 0, 0}, new long[] {1, 0, 1});
      NDArray otherHidden = lastLogits(scope, new long[] {0, 1, 0}, new long[] {1, 0, 1});
      NDArray shown = lastLogits(scope, new long[] {0, 0, 0}, new long[] {1, 1, 1});
      if (!hidden.allClose(otherHidden, 1e-5, 1e-5, false)
          && !hidden.allClose(shown, 1e-5, 1e-5, false)) {
        throw new UnlearningException(
            file
                + " must take an attention mask after the ids, but its second input is none: it"
                + " does not hide a token; say what it is by a Signature");
      }
    }
  }

  private NDArray lastLogits(NDManager scope, long[] ids, long[] mask) {
    Shape shape = new Shape(1, SHORT);
    NDList inputs = new NDList(scope.create(ids, shape), scope.create(mask, shape));
    return Torch.run(module, inputs).get(0).get(new NDIndex(":, -1"));
  }

  private int longest(boolean mask) {
    int fails = LONGEST + 1;
    int works = LONGEST;
    while (works > SHORT && !works(mask, works)) {
      fails = works;
      works = Math.max(SHORT, works / 2);
    }
    while (fails - works > 1) {
      int middle = (works + fails) / 2;
      if (works(mask, middle)) {
        works = middle;
      } else {
        fails = middle;
      }
    }
    return works;
  }

  private boolean works(boolean mask, int length) {
    try {
      run(mask, 1, length);
      return true;
    } catch (EngineException e) {
      if (Failures.isOutOfMemory(e)) {
        throw new UnlearningException(
            "%s ran out of memory when %s positions were tried (%s); say its context length by a Signature"
                .formatted(file, length, Failures.summary(e)),
            e);
      }
      logger.debug("{} does not take {} positions: {}", file, length, Failures.summary(e));
      return false;
    }
  }

  private void run(boolean mask, int rows, int length) {
    try (NDManager scope = manager.newSubManager();
        Torch.GradientMode off = Torch.gradientsOff()) {
      NDArray ids = scope.zeros(new Shape(rows, length), DataType.INT64);
      NDList inputs = new NDList(ids);
      if (mask) {
        inputs.add(ids.onesLike());
      }
      NDList unused = Torch.run(module, inputs);
    }
  }
}
