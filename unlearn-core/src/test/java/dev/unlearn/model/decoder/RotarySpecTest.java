package dev.unlearn.model.decoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Against the frequencies that the transformers library computes. */
final class RotarySpecTest {

  @Test
  void of_powersOfTheBase() {
    assertClose(RotarySpec.of(6, 10_000), List.of(1.0, 0.04641588404774666, 0.002154434332624078));
    assertThat(RotarySpec.of(6, 10_000).width()).isEqualTo(6);
  }

  @Test
  void linear_dividesAll() {
    assertClose(
        RotarySpec.of(8, 10_000).linear(2.5),
        List.of(
            0.4000000059604645, 0.03999999910593033, 0.003999999724328518, 0.0004000000189989805));
  }

  /** As Llama 3.1 has them: short waves stay, long ones are divided, some lie between. */
  @Test
  void llama3_threeBands() {
    RotarySpec plain = RotarySpec.of(128, 500_000);
    RotarySpec scaled = plain.llama3(8, 1, 4, 8192);

    Map.of(
            0, 1.0,
            20, 0.016560440883040428,
            28, 0.0032114461064338684,
            29, 0.0021665706299245358,
            31, 0.0008567514596506953,
            33, 0.0003126936499029398,
            34, 0.0001785077911335975,
            35, 9.556212171446532e-05,
            36, 7.784655463183299e-05,
            63, 3.068925877869333e-07)
        .forEach(
            (index, expected) ->
                assertThat((double) scaled.frequencies().get(index))
                    .as("frequency %s", index)
                    .isCloseTo(expected, within(2e-7 * expected)));
    assertThat(scaled.frequencies().get(28)).isEqualTo(plain.frequencies().get(28));
    assertThat(scaled.frequencies().get(36)).isEqualTo(plain.frequencies().get(36) / 8);
  }

  @Test
  void badValues() {
    assertRefused(() -> RotarySpec.of(5, 10_000), "rotary width must be even and > 0, but was: 5");
    assertRefused(
        () -> new RotarySpec(List.of()), "rotary positions must have at least one frequency");
    assertRefused(
        () -> new RotarySpec(List.of(1f, 0f)),
        "rotary frequencies must be finite and > 0 in float32, but one was: 0.0");
    assertRefused(
        () -> RotarySpec.of(4, 10_000).llama3(8, 4, 4, 8192),
        "high_freq_factor must be > low_freq_factor (4.0), but was: 4.0");
  }

  private static void assertClose(RotarySpec spec, List<Double> expected) {
    assertThat(spec.frequencies()).hasSameSizeAs(expected);
    for (int i = 0; i < expected.size(); i++) {
      double value = expected.get(i);
      assertThat((double) spec.frequencies().get(i)).isCloseTo(value, within(2e-7 * value));
    }
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }
}
