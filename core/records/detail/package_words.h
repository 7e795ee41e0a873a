// What generated packages are made of: Debian's sections with their sizes in its release 12, how their packages are
// called, and words that their descriptions use.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace millwright::records::detail {

struct SectionWords {
  std::string_view name;
  int64_t weight;           // packages of it in 63,440
  std::string_view prefix;  // of package names
  std::string_view suffix;
  std::string_view words;  // of descriptions, space between
};

inline constexpr std::array kSections = {
    SectionWords{"libs", 6703, "lib", "1", "shared library runtime routines bindings functions API loader primitives"},
    SectionWords{"libdevel", 5557, "lib", "-dev",
                 "development headers static files compile linking pkgconfig includes"},
    SectionWords{"python", 4544, "python3-", "", "Python module pythonic asyncio Django decorators pip wheel notebook"},
    SectionWords{"doc", 4471, "", "-doc", "documentation manual HTML reference examples tutorial handbook pages"},
    SectionWords{"perl", 4223, "lib", "-perl", "Perl module Moose CPAN closures accessors DBI attribute scalars"},
    SectionWords{"devel", 3541, "", "-tools", "compiler debugger build source lint toolchain assembler refactoring"},
    SectionWords{"utils", 2345, "", "", "utility command-line files archive rename backup checksum disk"},
    SectionWords{"haskell", 2205, "libghc-", "-dev", "Haskell monad functor GHC lens lazy combinators typeclass"},
    SectionWords{"net", 2039, "", "-client", "network client protocol download proxy peer router bandwidth"},
    SectionWords{"rust", 1950, "librust-", "-dev", "Rust crate source code feature serde trait cargo borrow"},
    SectionWords{"golang", 1935, "golang-github-", "-dev",
                 "Go golang package goroutine interface context channel struct"},
    SectionWords{"javascript", 1870, "node-", "", "JavaScript Node.js npm promise browserify callback webpack stream"},
    SectionWords{"java", 1797, "lib", "-java", "Java Maven plugin servlet bean JVM annotations classpath"},
    SectionWords{"science", 1654, "", "-science",
                 "simulation molecular genome sequencing astronomy spectra solver chemistry"},
    SectionWords{"admin", 1479, "", "-admin", "administration daemon logs users boot monitoring cluster privileges"},
    SectionWords{"ruby", 1470, "ruby-", "", "Ruby gem Rails rack middleware mixin ActiveRecord rspec"},
    SectionWords{"gnu-r", 1293, "r-cran-", "", "GNU R regression tidyverse dataframe CRAN ggplot2 estimation bayesian"},
    SectionWords{"games", 1108, "", "-game", "game puzzle arcade levels player strategy multiplayer adventure"},
    SectionWords{"x11", 1032, "", "-x11", "X11 window manager desktop panel compositor applet cursor"},
    SectionWords{"text", 971, "", "-text", "text spelling converter markup PDF formatting dictionary Unicode"},
    SectionWords{"misc", 838, "", "", "miscellaneous collection assorted various support general purpose"},
    SectionWords{"sound", 835, "", "-audio", "audio synthesizer MIDI music player mixer sampler JACK"},
    SectionWords{"php", 754, "php-", "", "PHP Symfony PEAR composer Horde template Laravel session"},
    SectionWords{"graphics", 677, "", "-gfx", "image viewer photo rendering raster vector camera scanner"},
    SectionWords{"fonts", 617, "fonts-", "", "font typeface TrueType glyphs serif OpenType script bold"},
    SectionWords{"ocaml", 595, "lib", "-ocaml-dev", "OCaml ppx camlp4 functors lwt batteries toplevel dune"},
    SectionWords{"lisp", 532, "elpa-", "", "Emacs Lisp minor mode buffer keybindings elisp org"},
    SectionWords{"web", 471, "", "-web", "web browser blog CMS wiki bookmarks feed hosting"},
    SectionWords{"gnome", 439, "gnome-", "", "GNOME desktop shell extension GTK settings nautilus applications"},
    SectionWords{"math", 438, "", "-math", "algebra matrix polynomial numerical theorem integer geometry optimization"},
    SectionWords{"mail", 366, "", "-mail", "mail IMAP SMTP mailbox spam delivery filter messages"},
    SectionWords{"localization", 357, "", "-l10n",
                 "localization translations language German French Catalan messages locale"},
    SectionWords{"interpreters", 356, "", "-interp",
                 "interpreter scripting embeddable bytecode REPL evaluator dynamic VM"},
    SectionWords{"metapackages", 355, "", "-meta",
                 "metapackage install depends complete recommended set everything blend"},
    SectionWords{"editors", 338, "", "-editor", "editor vim syntax highlighting buffers plugin tabs modal"},
    SectionWords{"cli-mono", 292, "lib", "-cil", "CLI Mono .NET assembly CIL bindings ECMA managed"},
    SectionWords{"kde", 287, "k", "", "KDE Plasma Qt kio widget frameworks activities plasmoid"},
    SectionWords{"introspection", 269, "gir1.2-", "",
                 "GObject introspection data typelib gir binding GIRepository metadata"},
    SectionWords{"database", 246, "", "-db", "database SQL PostgreSQL MySQL queries replication schema tables"},
    SectionWords{"video", 230, "", "-video", "video codec subtitles movie DVD capture frames transcoder"},
    SectionWords{"tasks", 222, "task-", "", "task environment install Debian selected tasksel pulls desktop"},
    SectionWords{"electronics", 198, "", "-eda", "circuit PCB Verilog FPGA microcontroller schematic VHDL layout"},
    SectionWords{"debug", 189, "", "-dbg", "debugging symbols debug backtrace stripped detached gdb crash"},
    SectionWords{"otherosfs", 175, "", "-emu", "emulator filesystem ROM console Windows Apple ext4 image"},
    SectionWords{"httpd", 152, "libapache2-mod-", "", "HTTP server Apache nginx FastCGI vhost reverse webserver"},
    SectionWords{"tex", 145, "texlive-", "", "LaTeX TeX bibliography macros DVI PSTricks typesetting beamer"},
    SectionWords{"hamradio", 137, "", "-radio", "amateur radio antenna SDR Morse packet repeater QSO"},
    SectionWords{"comm", 135, "", "-comm", "telephony modem fax VoIP SMS Asterisk serial dialer"},
    SectionWords{"oldlibs", 126, "", "-compat", "transitional dummy package obsolete removed safely legacy renamed"},
    SectionWords{"vcs", 125, "git-", "", "version control git commits branches repository merge Mercurial"},
    SectionWords{"kernel", 96, "linux-", "", "Linux kernel modules firmware DKMS headers driver initramfs"},
    SectionWords{"xfce", 78, "xfce4-", "", "Xfce panel plugin Thunar goodies xfwm4 session settings"},
    SectionWords{"gnustep", 67, "gnustep-", ".app", "GNUstep Objective-C OpenStep Cocoa AppKit bundle NeXT workspace"},
    SectionWords{"shells", 35, "", "-shell", "shell bash prompt completion zsh POSIX login fish"},
    SectionWords{"embedded", 23, "", "-embedded",
                 "embedded device handheld firmware flashing OpenMoko cross bootloader"},
    SectionWords{"education", 22, "", "-edu", "education children learning school typing teacher lessons quiz"},
    SectionWords{"news", 21, "", "-news", "Usenet news NNTP newsreader articles newsgroups posting server"},
    SectionWords{"zope", 15, "zope-", "", "Zope Plone product acquisition ZODB persistence page templates"},
};

inline constexpr std::string_view kCommonWords =
    "simple fast tool for with and modern support library based implementation providing small of easy lightweight "
    "powerful using generic flexible set interface system access common free advanced";

inline constexpr std::array kSyllables = {"ba",  "cor", "de", "fi",  "gra", "hel", "ix",  "jo",
                                          "ka",  "lum", "mi", "nor", "op",  "pra", "qui", "ros",
                                          "sen", "ti",  "ul", "ver", "wa",  "xe",  "yo",  "zan"};

inline constexpr std::array kDomains = {"debian.org",
                                        "lists.debian.org",
                                        "tracker.debian.org",
                                        "lists.alioth.debian.org",
                                        "ubuntu.com",
                                        "gmail.com",
                                        "gnu.org",
                                        "posteo.net",
                                        "univ.example",
                                        "kde.org",
                                        "mailbox.org",
                                        "riseup.net"};
inline constexpr std::array kPriorities = {"optional", "optional", "optional", "optional", "optional", "optional",
                                           "optional", "optional", "extra",    "standard", "important"};

}  // namespace millwright::records::detail
