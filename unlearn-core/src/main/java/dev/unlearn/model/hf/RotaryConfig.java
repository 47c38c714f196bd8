package dev.unlearn.model.hf;

import dev.unlearn.model.decoder.RotarySpec;
import java.util.Optional;

/**
 * Rotary positions as configurations describe them: {@code rope_parameters} (since version 5 of the
 * transformers library), or keys of their own and {@code rope_scaling}, which comes first.
 */
public final class RotaryConfig {
  /** Far above any real one; keeps a hostile file from filling the heap. */
  private static final int MAX_WIDTH = 1 << 16;

  private final HfConfig config;
  private final Optional<HfConfig> scaling;
  private final double base;

  /**
   * Reads the base.
   *
   * @param baseKey its own key, where it is not among the rotary parameters
   */
  public RotaryConfig(HfConfig config, String baseKey) {
    this.config = config;
    scaling =
        config
            .object("rope_scaling")
            .filter(object -> !object.isEmpty())
            .or(() -> config.object("rope_parameters"));
    scaling.ifPresent(parameters -> parameters.mustHoldNo("full_attention", "sliding_attention"));
    double alone = config.number(baseKey, 10_000);
    base = scaling.map(s -> s.number("rope_theta", alone)).orElse(alone);
    if (!(base > 1) || base > Float.MAX_VALUE) {
      throw config.wrong(baseKey, "> 1 in float32", base);
    }
  }

  /** Returns positions that turn the whole of a head. */
  public RotarySpec whole(int headWidth) {
    return scaled(headWidth);
  }

  /** Returns positions that turn a part of a head, given by a key that may stand apart. */
  public RotarySpec partial(String key, double ifAbsent, int headWidth) {
    double alone = config.number(key, ifAbsent);
    double part = scaling.map(s -> s.number("partial_rotary_factor", alone)).orElse(alone);
    if (!(part > 0) || part > 1) {
      throw config.wrong(key, "> 0 and <= 1", part);
    }
    return scaled((int) (headWidth * part));
  }

  private RotarySpec scaled(int width) {
    if (width <= 0 || width % 2 != 0 || width > MAX_WIDTH) {
      throw config.wrong(
          "the number of turned elements per head", "even, > 0 and at most " + MAX_WIDTH, width);
    }
    return config.checked(
        () -> {
          RotarySpec plain = RotarySpec.of(width, base);
          return scaling.map(parameters -> scale(plain, parameters)).orElse(plain);
        });
  }

  private RotarySpec scale(RotarySpec plain, HfConfig parameters) {
    String type = parameters.string("rope_type", parameters.string("type", "default"));
    return switch (type) {
      // Dynamic ones differ only beyond the context length, which is out of bounds here.
      case "default", "dynamic" -> plain;
      case "linear" -> plain.linear(factor(parameters, "factor"));
      case "llama3" -> {
        double low = factor(parameters, "low_freq_factor");
        double high = factor(parameters, "high_freq_factor");
        if (high <= low) {
          throw parameters.wrong("high_freq_factor", "> low_freq_factor (" + low + ")", high);
        }
        int context = config.positive("max_position_embeddings", 2048);
        String original = "original_max_position_embeddings";
        int before = config.positive(original, parameters.positive(original, context));
        yield plain.llama3(factor(parameters, "factor"), low, high, before);
      }
      default -> throw parameters.wrong("rope_type", "default, linear, dynamic or llama3", type);
    };
  }

  private static double factor(HfConfig parameters, String key) {
    double factor = parameters.number(key, 0);
    if (!(factor > 0) || factor > 1e9) {
      throw parameters.wrong(key, "given, > 0 and at most 1e9", factor);
    }
    return factor;
  }
}
