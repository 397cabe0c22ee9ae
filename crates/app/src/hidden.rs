//! Which characters of hostile text must be written out wherever people look at it.

/// Whether `character` is not seen itself, changes how others are seen, or has no place in XML.
///
/// # Source
/// Unicode 16: categories Cc, Cf (without prepended marks that have a shape), Zl, Zp, the fillers with
/// `Default_Ignorable_Code_Point`, and noncharacters of the basic plane; XML 1.0, production `Char`.
pub fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{061C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{FFFE}'..='\u{FFFF}'
                | '\u{1D173}'..='\u{1D17A}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}
