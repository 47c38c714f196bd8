package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReproduceArgumentsTest {
  private static final String REQUIRED = "--model m --targets t --reference r";

  @Test
  void parse_defaults() {
    ReproduceArguments arguments = parse(REQUIRED);
    assertThat(arguments.model()).isEqualTo(Path.of("m"));
    assertThat(arguments.reference()).isEqualTo(Path.of("r"));
    assertThat(arguments.length()).isEqualTo(200);
    assertThat(arguments.eos()).isEqualTo(50256);
    assertThat(arguments.learningRate()).isEqualTo(5e-5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model m --targets t|--reference is missing",
        REQUIRED + " --length|cannot read '--length'",
        REQUIRED + " --lenght 3|cannot read '--lenght'",
        REQUIRED + " --length 1|--length must be >= 2, but was: 1",
        REQUIRED + " --length x|--length must be a whole number, but was: x",
        REQUIRED + " --eos -1|--eos must be >= 0, but was: -1",
        REQUIRED + " --learning-rate 0|--learning-rate must be > 0, but was: 0.0",
        REQUIRED + " --learning-rate x|--learning-rate must be a number, but was: x"
      })
  void parse_bad(String line, String message) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  private static ReproduceArguments parse(String line) {
    return ReproduceArguments.parse(line.split(" ", -1));
  }
}
