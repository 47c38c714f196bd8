package dev.unlearn.model.hf;

import java.util.Collections;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** How many positions each layer sees, from {@code layer_types} or a family's own rule. */
public final class Windows {
  private static final String TYPES = "layer_types";

  private Windows() {}

  /** Returns that every layer sees all positions. */
  public static List<Integer> none(HfConfig config) {
    return Collections.nCopies(config.layerCount("num_hidden_layers"), 0);
  }

  /**
   * Returns the window of each layer, 0 for none.
   *
   * @param window the window of layers that have one
   * @param rule which do where {@code layer_types} does not say it
   */
  public static List<Integer> of(HfConfig config, int window, IntPredicate rule) {
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
