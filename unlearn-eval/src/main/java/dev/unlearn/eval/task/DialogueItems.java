package dev.unlearn.eval.task;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Dialogues of two users, whose last turn is to be written. Turns are tidied as the authors' code
 * does: one case, spaces before punctuation removed, a full stop at the end.
 */
final class DialogueItems {
  private static final List<String> SPACED = List.of(" .", " ,", " ?", " !");
  private static final Set<String> FIRST_PERSON = Set.of("i", "i'm", "i've", "i'll", "i'd");
  private static final Set<String> ENDS = Set.of("", "?", ".", "!", "?.", ".!", "?.!");

  private DialogueItems() {}

  static Optional<ReplyItem> read(Row row, Variant variant) {
    if (!row.has("text")) {
      throw row.unknown("text, a list of turns");
    }
    List<String> turns = row.texts("text");
    if (turns.size() < 2) {
      throw row.bad("field 'text' must have two turns or more, but has " + turns.size());
    }
    StringBuilder context = new StringBuilder();
    for (int i = 0; i < turns.size() - 1; i++) {
      context.append(speaker(i)).append(' ').append(tidied(turns.get(i))).append('\n');
    }
    context.append(speaker(turns.size() - 1));
    String reply = tidied(turns.get(turns.size() - 1));
    if (variant == Variant.PAPER) {
      return Optional.of(ReplyItem.of(new Request(context.toString(), reply)).inPaper());
    }
    return Optional.of(ReplyItem.of(new Request(context.toString(), " " + reply)));
  }

  private static String speaker(int turn) {
    return turn % 2 == 0 ? "User 1:" : "User 2:";
  }

  static String tidied(String turn) {
    String[] words = capitalized(spread(turn.toLowerCase(Locale.ROOT)).split(" ", -1));
    String text = " " + String.join(" ", words) + " ";
    for (String spaced : SPACED) {
      text = text.replace(spaced, spaced.substring(1));
    }
    text = PythonText.strip(text.replace(" ' ", "'")).replace("  ", " ");
    boolean open = !text.isEmpty() && "!.?)\"'".indexOf(text.charAt(text.length() - 1)) < 0;
    return open ? text + "." : text;
  }

  /** Puts spaces around punctuation, so that it stands as a word of its own. */
  private static String spread(String text) {
    String result = text;
    for (String spaced : SPACED) {
      result = result.replace(spaced.substring(1), spaced).replace("  ", " ");
    }
    return result.replace("'", " ' ").replace("  ", " ");
  }

  private static String[] capitalized(String[] words) {
    for (int i = 0; i < words.length; i++) {
      if (i == 0 || FIRST_PERSON.contains(words[i])) {
        words[i] = PythonText.upperFirst(words[i]);
      } else if (ENDS.contains(words[i]) && i < words.length - 1) {
        words[i + 1] = PythonText.upperFirst(words[i + 1]);
      }
    }
    return words;
  }
}
