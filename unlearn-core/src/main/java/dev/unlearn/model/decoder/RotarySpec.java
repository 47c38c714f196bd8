package dev.unlearn.model.decoder;

import static com.google.common.base.Preconditions.checkArgument;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Rotary positions (Su et al., RoFormer, arXiv 2104.09864): in every head, elements {@code i} and
 * {@code i + n} of queries and keys turn by {@code position · frequencies[i]} radians, for each of
 * the n frequencies; what lies beyond the first 2 n elements stays as it is.
 *
 * <p>Computed in float32 in the order of PyTorch's models, since far positions multiply rounding.
 *
 * @param frequencies radians per position, highest first
 */
public record RotarySpec(List<Float> frequencies) {

  /** Checks and copies the frequencies. */
  public RotarySpec {
    frequencies = List.copyOf(frequencies);
    checkArgument(!frequencies.isEmpty(), "rotary positions must have at least one frequency");
    for (float frequency : frequencies) {
      checkArgument(
          frequency > 0 && Float.isFinite(frequency),
          "rotary frequencies must be finite and > 0 in float32, but one was: %s",
          frequency);
    }
  }

  /**
   * Returns frequencies {@code base^(-2 i / width)}.
   *
   * @param width how many elements of a head are turned; even
   */
  public static RotarySpec of(int width, double base) {
    checkArgument(
        width > 0 && width % 2 == 0, "rotary width must be even and > 0, but was: %s", width);
    List<Float> frequencies = new ArrayList<>();
    for (int i = 0; i < width; i += 2) {
      float exponent = (float) i / width;
      frequencies.add(1f / (float) Math.pow((float) base, exponent));
    }
    return new RotarySpec(frequencies);
  }

  /** Returns these positions stretched: each frequency divided by the factor. */
  public RotarySpec linear(double factor) {
    return map(frequency -> frequency / (float) factor);
  }

  /**
   * Returns these positions as Llama 3 stretches them: wavelengths beyond {@code context /
   * lowFactor} are divided by the factor, those below {@code context / highFactor} stay, and those
   * between go over smoothly.
   *
   * @param context the context length before stretching
   */
  public RotarySpec llama3(double factor, double lowFactor, double highFactor, int context) {
    checkArgument(
        highFactor > lowFactor,
        "high_freq_factor must be > low_freq_factor (%s), but was: %s",
        lowFactor,
        highFactor);
    return map(
        frequency -> {
          float wavelength = (float) (2 * Math.PI) / frequency;
          if (wavelength < context / highFactor) {
            return frequency;
          }
          if (wavelength > context / lowFactor) {
            return frequency / (float) factor;
          }
          float smooth =
              (context / wavelength - (float) lowFactor) / (float) (highFactor - lowFactor);
          return (1 - smooth) * frequency / (float) factor + smooth * frequency;
        });
  }

  /** Returns how many elements of a head are turned. */
  public int width() {
    return 2 * frequencies.size();
  }

  private RotarySpec map(UnaryOperator<Float> change) {
    return new RotarySpec(frequencies.stream().map(change).toList());
  }
}
