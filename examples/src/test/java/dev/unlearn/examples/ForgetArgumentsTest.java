package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ForgetArgumentsTest {
  private static final String REQUIRED = "--model m --forget f --out o";

  @Test
  void parse_defaults() {
    ForgetArguments arguments = parse(REQUIRED + " --unseen u");
    assertThat(arguments.path("model")).isEqualTo(Path.of("m"));
    assertThat(arguments.learningRate()).isEqualTo(5e-5);
    assertThat(arguments.maxEpochs()).isEqualTo(100);
    assertThat(arguments.order()).isEqualTo(10);
    assertThat(arguments.has("retain")).isFalse();
  }

  @Test
  void parse_given() {
    ForgetArguments arguments =
        parse(REQUIRED + " --ma-threshold .3 --el-threshold .05 --learning-rate 2e-4 --order 3");
    assertThat(arguments.number("ma-threshold")).isEqualTo(.3);
    assertThat(arguments.number("el-threshold")).isEqualTo(.05);
    assertThat(arguments.learningRate()).isEqualTo(2e-4);
    assertThat(arguments.order()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--model m --forget f --unseen u|--out is missing",
        REQUIRED + "|--unseen, or --ma-threshold and --el-threshold, must say when to stop",
        REQUIRED + " --ma-threshold .3|--ma-threshold and --el-threshold go together",
        REQUIRED + " --unseen u --train some|--train must be all or upper, but was: some",
        REQUIRED + " --unseen|cannot read '--unseen'",
        REQUIRED + " --unsean u|cannot read '--unsean'",
        REQUIRED + " --unseen u --forget g|--forget must be given once, but is there again",
        "--help|usage: Forget"
      })
  void parse_incomplete(String line, String message) {
    assertThatThrownBy(() -> parse(line))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void numbers_malformed() {
    ForgetArguments arguments = parse(REQUIRED + " --unseen u --order 3.7 --learning-rate fast");
    assertThatThrownBy(arguments::order)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--order must be a whole number, but was: 3.7");
    assertThatThrownBy(arguments::learningRate)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--learning-rate must be a number, but was: fast");
  }

  private static ForgetArguments parse(String line) {
    return ForgetArguments.parse(line.split(" ", -1));
  }
}
