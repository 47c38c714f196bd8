package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.LayerSpec;
import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** The layers of families that count them as {@code num_hidden_layers}. */
public final class Layers {
  private static final String TYPES = "layer_types";
  private static final String WINDOW = "sliding_window";

  private Layers() {}

  /** Returns layers that see all positions, with scores scaled by the width of a head. */
  public static List<LayerSpec> global(HfConfig config, int headWidth) {
    LayerSpec layer = new LayerSpec(0, 1 / Math.sqrt(headWidth));
    return Collections.nCopies(config.layerCount("num_hidden_layers"), layer);
  }

  /** Returns the window under {@code sliding_window}; null in the file means none, 0 here. */
  public static int window(HfConfig config, int ifAbsent) {
    boolean none = config.has(WINDOW) && !config.given(WINDOW);
    return none ? 0 : config.positive(WINDOW, ifAbsent);
  }

  /**
   * Returns layers of which some have a window, as {@code layer_types} says or a family's own rule.
   *
   * @param window that of layers that have one; 0 for none
   * @param scale the factor on attention scores
   * @param rule which have one where {@code layer_types} does not say it
   */
  public static List<LayerSpec> windowed(
      HfConfig config, int window, double scale, IntPredicate rule) {
    return windows(config, window, rule).stream().map(w -> new LayerSpec(w, scale)).toList();
  }

  private static List<Integer> windows(HfConfig config, int window, IntPredicate rule) {
    int layerCount = config.layerCount("num_hidden_layers");
    List<String> types = config.strings(TYPES).orElse(List.of());
    if (types.isEmpty()) {
      return IntStream.range(0, layerCount).mapToObj(i -> rule.test(i) ? window : 0).toList();
    }
    if (types.size() != layerCount) {
      throw config.wrong(TYPES, "kinds for num_hidden_layers (" + layerCount + ")", types.size());
    }
    return types.stream()
        .map(
            type ->
                switch (type) {
                  case "full_attention" -> 0;
                  case "sliding_attention" -> {
                    if (window == 0) {
                      throw config.wrong(TYPES, "full_attention where there is no window", type);
                    }
                    yield window;
                  }
                  default -> throw config.wrong(TYPES, "full_attention or sliding_attention", type);
                })
        .toList();
  }
}
