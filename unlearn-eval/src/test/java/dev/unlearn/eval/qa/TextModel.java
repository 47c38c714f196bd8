package dev.unlearn.eval.qa;

import dev.unlearn.api.ModelInfo;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.spi.CausalLm;
import dev.unlearn.spi.Decoding;
import dev.unlearn.spi.DecodingListener;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A model of ASCII text that answers given prompts and ends with token 1. The log-probability of a
 * token is minus a hundredth of its id. Its tokens are characters, but a space and a letter after
 * it are one token, 128 higher than the letter's.
 */
public final class TextModel implements CausalLm {
  /** The token every answer ends with. */
  public static final int END = 1;

  private static final int JOINED = 128;

  private final Map<String, String> answers = new HashMap<>();
  private final List<String> prompts = new ArrayList<>();

  /** Lets it answer a prompt, special tokens included as characters. */
  public TextModel answering(String prompt, String answer) {
    answers.put(prompt, answer);
    return this;
  }

  /** Returns the prompts it was asked to continue. */
  public List<String> prompts() {
    return prompts;
  }

  @Override
  public List<TokenScores> score(List<TokenSequence> sequences) {
    return sequences.stream().map(TextModel::score).toList();
  }

  private static TokenScores score(TokenSequence sequence) {
    float[] logProbabilities = new float[sequence.length() - 1];
    for (int position = 1; position < sequence.length(); position++) {
      logProbabilities[position - 1] = -sequence.id(position) / 100f;
    }
    return new TokenScores(sequence, logProbabilities, new int[logProbabilities.length]);
  }

  @Override
  public List<int[]> generate(
      List<TokenSequence> sequences, Decoding decoding, DecodingListener listener) {
    List<int[]> continuations = new ArrayList<>();
    for (TokenSequence prompt : sequences) {
      String text = tokenizer().decode(prompt.ids());
      prompts.add(text);
      String answer = answers.getOrDefault(text, "") + (char) END + " more";
      int[] ids = tokenizer().encode(answer).ids();
      int limit = decoding.newTokensAfter(prompt.length());
      continuations.add(Arrays.copyOf(ids, Math.min(ids.length, limit)));
    }
    return continuations;
  }

  @Override
  public int vocabularySize() {
    return 2 * JOINED;
  }

  @Override
  public int contextLength() {
    return Integer.MAX_VALUE;
  }

  @Override
  public Tokenizer tokenizer() {
    return new Tokenizer() {
      @Override
      public TokenSequence encode(String text) {
        List<Integer> ids = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
          boolean joins =
              text.charAt(i) == ' ' && i + 1 < text.length() && isLetter(text.charAt(i + 1));
          ids.add(joins ? JOINED + text.charAt(++i) : text.charAt(i));
        }
        return TokenSequence.of(ids.stream().mapToInt(id -> id).toArray());
      }

      @Override
      public String decode(int... ids) {
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
          text.append(id < JOINED ? "" : " ").append((char) (id % JOINED));
        }
        return text.toString();
      }
    };
  }

  private static boolean isLetter(char character) {
    return character >= 'A' && character <= 'z';
  }

  @Override
  public ModelInfo info() {
    return new ModelInfo("text", 0, 0, "none", "none");
  }
}
