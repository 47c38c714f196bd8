package dev.unlearn;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.BaseNDManager;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.unlearn.internal.Torch;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * Fails a test class with the tag {@code engine} that leaves an array or a manager open: every
 * manager of the engine is below one that the engine keeps, so nothing escapes. Registered for all
 * classes in {@code META-INF/services}.
 */
public final class OpenArrays implements BeforeAllCallback, AfterAllCallback {
  private static final String PROBE = "probe";

  /** The managers below which operators keep scalars and tags, made when first needed. */
  private static final String CONSTANTS = "constants";

  private static final Namespace NAMESPACE = Namespace.create(OpenArrays.class);

  /**
   * What stays for as long as the process: modules of operators with their tags, and the model that
   * test classes copy. It is made before anything is counted.
   */
  private static final List<String> KEPT =
      List.of(
          "dev.unlearn.internal.TorchOps",
          "dev.unlearn.internal.ObjectiveOps",
          "dev.unlearn.internal.OptimizerOps",
          "dev.unlearn.internal.MixedOps",
          "dev.unlearn.internal.PackedLinears",
          "dev.unlearn.internal.PackedCodes",
          "dev.unlearn.internal.Directions",
          "dev.unlearn.internal.FarRows",
          "dev.unlearn.internal.RoundingOps",
          "dev.unlearn.internal.DecodingOps",
          "dev.unlearn.internal.ScoringOps",
          "dev.unlearn.internal.Int8Products",
          "dev.unlearn.internal.HeadOps",
          "dev.unlearn.TinyModel$Reciting");

  @Override
  public void beforeAll(ExtensionContext context) throws ClassNotFoundException {
    if (context.getTags().contains("engine")) {
      for (String name : KEPT) {
        Class<?> unused = Class.forName(name);
      }
      context.getStore(NAMESPACE).put("open", open());
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    Map<?, ?> before = context.getStore(NAMESPACE).remove("open", Map.class);
    if (before != null) {
      assertNothingOpened(before);
    }
  }

  /** Asserts that everything is closed that is open now and was not then. */
  static void assertNothingOpened(Map<?, ?> before) {
    Map<String, String> opened = open();
    opened.keySet().removeAll(before.keySet());
    assertThat(opened.values()).as("arrays and managers left open").isEmpty();
  }

  /** Returns what is open, by its own name, with what a message should say of it. */
  static Map<String, String> open() {
    Map<String, String> open = new TreeMap<>();
    try (NDManager probe = NDManager.newBaseManager(Torch.ENGINE)) {
      probe.setName(PROBE);
      add((BaseNDManager) probe.getParentManager(), open);
      open.values().remove("manager " + PROBE + " of " + probe.getDevice());
    }
    return open;
  }

  private static void add(BaseNDManager manager, Map<String, String> open) {
    LiveArrays.resources(manager)
        .forEach(
            (key, resource) -> {
              String uid = (String) key;
              if (resource instanceof BaseNDManager child) {
                open.put(uid, "manager " + child.getName() + " of " + child.getDevice());
                if (!CONSTANTS.equals(child.getName())) {
                  add(child, open);
                }
              } else if (resource instanceof NDArray array) {
                open.put(uid, "array of " + array.getShape() + ", " + array.getDataType());
              }
            });
  }
}
