package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.unlearn.spi.Decoding;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GenerateArgumentsTest {
  private static final String REQUIRED = "--model m --prompt p";

  @Test
  void parse_defaults() {
    GenerateArguments arguments = parse(REQUIRED);
    assertThat(arguments.model()).isEqualTo(Path.of("m"));
    assertThat(arguments.prompt()).isEqualTo("p");
    assertThat(arguments.stop()).isEmpty();
    assertThat(arguments.decoding()).isEqualTo(Decoding.greedy(100));
  }

  @Test
  void parse_given() {
    GenerateArguments arguments =
        parse(
            REQUIRED
                + " --new-tokens 7 --temperature .8 --top-k 40 --top-p .9"
                + " --repetition-penalty 1.2 --seed 5 --stop .");
    assertThat(arguments.stop()).isEqualTo(".");
    assertThat(arguments.decoding())
        .isEqualTo(
            Decoding.builder()
                .newTokens(7)
                .temperature(.8)
                .topK(40)
                .topP(.9)
                .repetitionPenalty(1.2)
                .seed(5)
                .build());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model m|--prompt is missing",
        REQUIRED + " --stop|cannot read '--stop'",
        REQUIRED + " --temprature 1|cannot read '--temprature'",
        REQUIRED + " --top-p .9|--top-p needs a --temperature above 0; without it nothing is drawn",
        REQUIRED + " --seed 1 --temperature 0|--seed needs a --temperature above 0;"
      })
  void parse_incomplete(String line, String message) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void parse_emptyStop() {
    assertThatThrownBy(() -> parse(REQUIRED + " --stop "))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--stop must not be empty");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--new-tokens 0|--new-tokens must be > 0, but was: 0",
        "--new-tokens few|--new-tokens must be a whole number, but was: few",
        "--temperature -1|temperature must be finite and >= 0, but was: -1.0",
        "--temperature 1 --top-p 1.5|topP must be in (0, 1], but was: 1.5"
      })
  void parse_badValue(String options, String message) {
    assertThatThrownBy(() -> parse(REQUIRED + " " + options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  private static GenerateArguments parse(String line) {
    return GenerateArguments.parse(line.split(" ", -1));
  }
}
